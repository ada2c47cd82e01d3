using System.Buffers;

namespace Glossa.Data.Corpora;

/// <summary>Language tags in the manner of BCP 47 (RFC 5646), checked loosely: the form, not the registry.</summary>
public static class LanguageTag
{
    /// <summary>The tag of text whose language is not known.</summary>
    public const string Undetermined = "und";

    private static readonly SearchValues<char> Letters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> LettersAndDigits =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    /// <summary>
    /// True where <paramref name="tag"/> has the form of a tag: parts of one to eight letters and digits joined by
    /// hyphens, the first of two to eight letters (or <c>x</c> or <c>i</c> before another part).
    /// </summary>
    public static bool IsWellFormed(ReadOnlySpan<char> tag)
    {
        bool first = true;
        foreach (Range range in tag.Split('-'))
        {
            ReadOnlySpan<char> part = tag[range];
            if (part.Length is 0 or > 8) return false;
            if (part.ContainsAnyExcept(first ? Letters : LettersAndDigits)) return false;
            if (first && part.Length == 1 && (part[0] is not ('x' or 'X' or 'i' or 'I') || tag.Length == 1)) return false;
            first = false;
        }
        return true;
    }

    /// <summary>Checks that languages asked for by hand are all in a corpus and returns them as the corpus spells them.</summary>
    /// <param name="wanted">The languages asked for; letter case does not matter.</param>
    /// <param name="available">The languages of the corpus.</param>
    /// <param name="where">Where they were asked for, such as the key <c>languages.list</c>.</param>
    /// <param name="fix">What to do instead, after the nearest tag; null for the usual advice.</param>
    /// <exception cref="InputException">One is not in the corpus: the message names the nearest that is.</exception>
    public static IReadOnlyList<string> Resolve(
        IEnumerable<string> wanted, IReadOnlyCollection<string> available, string where, string? fix = null)
    {
        Dictionary<string, string> known = new(StringComparer.OrdinalIgnoreCase);
        foreach (string tag in available) known.TryAdd(tag, tag);
        List<string> found = [];
        foreach (string tag in wanted)
        {
            string trimmed = tag.Trim();
            if (known.TryGetValue(trimmed, out string? spelled)) found.Add(spelled);
            else throw Unknown(trimmed, available, where, fix);
        }
        return found;
    }

    private static InputException Unknown(string tag, IReadOnlyCollection<string> available, string where, string? fix)
    {
        string what = IsWellFormed(tag)
            ? $"the language '{tag}' is not in the corpus"
            : $"'{tag}' is no language tag and not in the corpus";
        string advice = NearestName.Advice(tag, available);
        return new InputException(what, where, fix is null ? advice : $"{advice}; {fix}");
    }
}
