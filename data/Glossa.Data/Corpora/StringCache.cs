using System.Text;

namespace Glossa.Data.Corpora;

/// <summary>Turns UTF-8 that repeats from row to row (tags, labels) into the same string instances.</summary>
/// <param name="comparer">What counts as the same; the first spelling wins.</param>
internal sealed class StringCache(StringComparer comparer)
{
    private const int MaxCount = 1 << 16;
    private const int MaxCachedBytes = 256;

    private readonly HashSet<string> _strings = new(comparer);
    private byte[] _lastBytes = [];
    private string _last = "";

    /// <summary>The string of valid UTF-8.</summary>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.SequenceEqual(_lastBytes)) return _last;
        if (utf8.Length > MaxCachedBytes) return Encoding.UTF8.GetString(utf8);
        Span<char> characters = stackalloc char[MaxCachedBytes];
        ReadOnlySpan<char> key = characters[..Encoding.UTF8.GetChars(utf8, characters)];
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = _strings.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(key, out string? found))
        {
            // A bound for files whose every row has a label of its own.
            if (_strings.Count == MaxCount) _strings.Clear();
            found = key.ToString();
            _strings.Add(found);
        }
        _lastBytes = utf8.ToArray();
        _last = found;
        return found;
    }
}
