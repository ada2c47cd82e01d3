using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.Training;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.Training;

public sealed class WordCounterTests
{
    private static readonly (string Language, string Text)[] Texts = [.. UdhrLines.Of("valid").Take(1500).Select((line, i) => ($"l{i % 3}", line.Text))];

    [TestCase(1, int.MaxValue)]
    [TestCase(1, 10_000)]
    [TestCase(3, 10_000)]
    public void Count_AnyRoundsAndThreads_CountsEveryWord(int threads, int roundCharacters)
    {
        Dictionary<string, long> expected = [];
        foreach ((_, string text) in Texts)
        {
            WordTable words = new();
            new PatternCutter(WordPattern.Words).Count(text, words);
            for (int i = 0; i < words.Count; i++) expected[words.Word(i).ToString()] = expected.GetValueOrDefault(words.Word(i).ToString()) + words.CountOf(i);
        }
        Assert.That(Written(Counts(threads, int.MaxValue, roundCharacters)), Is.EqualTo(Written(expected)));
    }

    [Test]
    public void Count_MoreWordsThanAreKept_DropsTheSameOnAnyThreads()
    {
        Dictionary<string, long> one = Counts(1, 2000, 20_000);
        Assert.That(one, Has.Count.InRange(700, 2000));
        Assert.That(Written(Counts(3, 2000, 20_000)), Is.EqualTo(Written(one)));
        // What is common is in every round, and its count is whole.
        Dictionary<string, long> all = Counts(1, int.MaxValue, int.MaxValue);
        foreach ((string word, long count) in all.OrderByDescending(pair => pair.Value).Take(5)) Assert.That(one[word], Is.EqualTo(count).Within(2).Percent);
    }

    [Test]
    public void Trim_LargeAndSmallLanguages_CutsTheLargeToOneLevel()
    {
        WordCounts counts = new();
        PatternCutter cutter = new(WordPattern.Words);
        foreach ((string language, int words) in new[] { ("aa", 10), ("bb", 400), ("cc", 700) })
            for (int i = 0; i < words; i++) counts.Count(language, string.Concat(Enumerable.Repeat($"{i}-", 1 + (i % 3))), cutter);
        counts.Trim(5000);
        Assert.That(counts.Languages.Select(language => language.Words.Count), Is.EqualTo(new[] { 11, 401, 701 }));
        counts.Trim(800);
        // 600 are to stay: the smallest keeps its own.
        Assert.That(counts.Languages.Select(language => language.Words.Count), Is.EqualTo(new[] { 11, 294, 294 }));
        // Of bb's, 267 occur twice or more, of cc's more than there is room for.
        Assert.That(counts.Languages.Skip(1).Select(language => Enumerable.Range(0, language.Words.Count).Count(i => language.Words.CountOf(i) >= 2)), Is.EqualTo(new[] { 267, 294 }));
    }

    private static Dictionary<string, long> Counts(int threads, int mostWords, int roundCharacters)
    {
        LanguageWords words = WordCounter.Count(Texts, new PatternCutter(WordPattern.Words), threads, mostWords, roundCharacters);
        WordTable table = words.Weigh(new BpeTrainerOptions { SamplingExponent = 1 }).Words;
        long unit = Enumerable.Range(0, table.Count).Select(table.CountOf).Aggregate(0L, Gcd);
        return Enumerable.Range(0, table.Count).ToDictionary(i => table.Word(i).ToString(), i => table.CountOf(i) / unit);
    }

    private static string Written(Dictionary<string, long> counts) => string.Join('\n', counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}"));

    private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
}
