using System.Text.RegularExpressions;
using CsCheck;
using Glossa.Data.Tokenizers;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers;

public class WordPatternTests
{
    private static readonly WordPattern[] Patterns = [WordPattern.Gpt2, WordPattern.Words, WordPattern.Phrases];

    [TestCaseSource(nameof(Patterns))]
    public void WordEnd_RandomUnicode_CutsWhereTheRegexDoes(WordPattern pattern)
    {
        Regex regex = new(pattern.Regex, RegexOptions.CultureInvariant);
        UnicodeText.Any.Sample(text =>
        {
            (string plain, int[] positions) = UnicodeText.InBasicPlane(text);
            IEnumerable<int> expected = regex.Matches(plain).Select(match => positions[match.Index + match.Length]);
            Assert.That(Ends(pattern, text), Is.EqualTo(expected), text);
        }, iter: 20_000);
    }

    [TestCaseSource(nameof(Patterns))]
    public void WordEnd_EveryCodePoint_IsOfTheRegexesClass(WordPattern pattern)
    {
        Regex regex = new(pattern.Regex, RegexOptions.CultureInvariant);
        for (int c = 0; c <= char.MaxValue; c++)
        {
            if (char.IsSurrogate((char)c)) continue;
            string text = $"x{(char)c}5{(char)c}.{(char)c} {(char)c}x";
            int[] expected = [.. regex.Matches(text).Select(match => match.Index + match.Length)];
            if (!Ends(pattern, text).SequenceEqual(expected)) Assert.Fail($"U+{c:X4}");
        }
    }

    [TestCase("हिन्दी में", "हिन्दी| में")]
    [TestCase("l’homme d'or 'tis", "l’homme| d'or| '|tis")]
    [TestCase("می\u200Cخواهم 12,5\n\n ok", "می\u200Cخواهم| 12|,|5|\n\n| ok")]
    public void WordEnd_Words_KeepsMarksJoinersAndApostrophes(string text, string words) =>
        Assert.That(string.Join('|', Split(WordPattern.Words, text)), Is.EqualTo(words));

    private static IEnumerable<string> Split(WordPattern pattern, string text)
    {
        int start = 0;
        foreach (int end in Ends(pattern, text))
        {
            yield return text[start..end];
            start = end;
        }
    }

    private static List<int> Ends(WordPattern pattern, string text)
    {
        List<int> ends = [];
        for (int at = 0; at < text.Length; ends.Add(at)) at = pattern.WordEnd(text, at);
        return ends;
    }
}
