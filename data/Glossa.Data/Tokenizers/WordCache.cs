using System.Runtime.InteropServices;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// Remembers numbers (ids) of words: a fixed number of slots, each a reference to an immutable entry that a newer word simply
/// replaces. Readers and writers need no lock, and memory is bounded.
/// </summary>
internal sealed class WordCache
{
    /// <summary>Longer words are not kept.</summary>
    public const int LongestWord = 32;

    private const int SlotBits = 16;

    // One array a word: its hash, its length, its characters in pairs, and its numbers.
    private readonly int[]?[] _slots = new int[]?[1 << SlotBits];

    /// <summary>The numbers of a word; false where it is not here.</summary>
    public bool TryFind(ReadOnlySpan<char> word, uint hash, out ReadOnlySpan<int> numbers)
    {
        numbers = default;
        if (Volatile.Read(ref _slots[hash >> (32 - SlotBits)]) is not { } entry || entry[0] != (int)hash || entry[1] != word.Length) return false;
        ReadOnlySpan<int> rest = entry.AsSpan(2);
        if (!word.SequenceEqual(MemoryMarshal.Cast<int, char>(rest)[..word.Length])) return false;
        numbers = rest[((word.Length + 1) / 2)..];
        return true;
    }

    /// <summary>Appends the numbers of a word; false where it is not here.</summary>
    public bool TryAppend(ReadOnlySpan<char> word, uint hash, List<int> ids)
    {
        if (!TryFind(word, hash, out ReadOnlySpan<int> numbers)) return false;
        if (numbers.Length == 1) ids.Add(numbers[0]);
        else ids.AddRange(numbers);
        return true;
    }

    /// <summary>Keeps the numbers of a word.</summary>
    public void Keep(ReadOnlySpan<char> word, uint hash, ReadOnlySpan<int> numbers)
    {
        int characters = (word.Length + 1) / 2;
        int[] entry = new int[2 + characters + numbers.Length];
        (entry[0], entry[1]) = ((int)hash, word.Length);
        word.CopyTo(MemoryMarshal.Cast<int, char>(entry.AsSpan(2)));
        numbers.CopyTo(entry.AsSpan(2 + characters));
        Volatile.Write(ref _slots[hash >> (32 - SlotBits)], entry);
    }
}
