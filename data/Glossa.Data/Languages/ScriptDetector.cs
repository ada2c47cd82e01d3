using System.Text;

namespace Glossa.Data.Languages;

/// <summary>Tells the script of a text from its letters.</summary>
public static class ScriptDetector
{
    /// <summary>
    /// The ISO 15924 code of the script that most letters belong to; <c>Jpan</c> where a tenth or more of the Chinese
    /// and Japanese letters is kana, <c>Kore</c> for Hangul, null where no letter has a known script. Ties go to the
    /// code that is first in ordinal order.
    /// </summary>
    /// <param name="texts">The texts, read until <paramref name="maxCharacters"/> are seen.</param>
    /// <param name="maxCharacters">How many UTF-16 characters to look at.</param>
    public static string? Detect(IEnumerable<string> texts, int maxCharacters = 1 << 16)
    {
        int[] counts = new int[ScriptRanges.Codes.Length];
        int left = maxCharacters;
        foreach (string text in texts)
        {
            Count(text.AsSpan(0, Math.Min(left, text.Length)), counts);
            left -= text.Length;
            if (left <= 0) break;
        }
        return Majority(counts);
    }

    private static void Count(ReadOnlySpan<char> text, int[] counts)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            int script = ScriptRanges.Find(rune.Value);
            if (script >= 0) counts[script]++;
        }
    }

    private static string? Majority(int[] counts)
    {
        int Of(string code) => counts[Array.IndexOf(ScriptRanges.Codes, code)];

        int kana = Of("Hira") + Of("Kana");
        int han = Of("Hani");
        Dictionary<string, int> totals = new(StringComparer.Ordinal);
        for (int i = 0; i < counts.Length; i++) totals[ScriptRanges.Codes[i]] = counts[i];
        totals.Remove("Hira");
        totals.Remove("Kana");
        totals.Remove("Hani");
        totals[kana > 0 && kana * 10L >= kana + han ? "Jpan" : "Hani"] = kana + han;
        totals.Remove("Hang", out int hangul);
        totals["Kore"] = hangul;
        return totals.Where(pair => pair.Value > 0)
            .OrderByDescending(pair => pair.Value)
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => pair.Key)
            .FirstOrDefault();
    }
}
