using System.Text;
using CsCheck;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class TextCoverageTests
{
    private static readonly Gen<string[]> Corpora = Gen.Char["abc é日"].Array[0, 8].Select(letters => new string(letters)).Array[1, 25];

    [Test]
    public void First_WhatIsCommon_ComesBeforeWhatIsRareAndWhatWasSaid()
    {
        string[] texts = ["xqzj wvky", "open the file", "open the files", "save the file", "close the window", "save the window"];
        int[] order = [.. TextCoverage.First(texts, 1000)];
        Assert.That(order, Is.EquivalentTo(Enumerable.Range(0, texts.Length)));
        Assert.That(order[^1], Is.EqualTo(0), "nothing of it is in any other text");
        Assert.That(Array.IndexOf(order, 1) < Array.IndexOf(order, 2) ? order[1] : order[0], Is.Not.EqualTo(2), "once a file is opened, another verb says more");
    }

    [Test]
    public void First_AnyBudget_IsTheLongestBeginningOfTheWholeOrder() =>
        Gen.Select(Corpora, Gen.Long[1, 60]).Sample((texts, budget) =>
        {
            IReadOnlyList<int> whole = TextCoverage.First(texts, long.MaxValue), part = TextCoverage.First(texts, budget);
            Assert.That(whole, Is.EquivalentTo(Enumerable.Range(0, texts.Length)));
            Assert.That(part, Is.EqualTo(whole.Take(part.Count)).And.Not.Empty);
            Assert.That(part.Sum(Bytes) <= budget || part.SkipLast(1).Sum(Bytes) == 0);
            if (part.Count < whole.Count) Assert.That(part.Sum(Bytes) + Bytes(whole[part.Count]), Is.GreaterThan(budget));

            int Bytes(int text) => Encoding.UTF8.GetByteCount(texts[text]);
        }, iter: 300);

    [Test]
    public void First_AnyTexts_IsWhatComparingAllOfThemEachTimeGives() =>
        Corpora.Sample(texts =>
        {
            Dictionary<string, double> weights = texts.SelectMany(Grams).GroupBy(gram => gram).ToDictionary(group => group.Key, group => (double)group.Count());
            Dictionary<string, int> chosen = weights.Keys.ToDictionary(gram => gram, _ => 0);
            HashSet<int> taken = [];
            foreach (int text in TextCoverage.First(texts, long.MaxValue))
            {
                double best = Enumerable.Range(0, texts.Length).Except(taken).Max(Gain);
                Assert.That(Gain(text), Is.EqualTo(best).Within(1e-9 * Math.Max(1, best)));
                taken.Add(text);
                foreach (string gram in Grams(texts[text])) chosen[gram]++;
            }

            // The rise of the sum of weight * log(1 + count), for each byte of the text.
            double Gain(int text) => Grams(texts[text]).GroupBy(gram => gram)
                .Sum(group => weights[group.Key] * Math.Log((1.0 + chosen[group.Key] + group.Count()) / (1 + chosen[group.Key]))) / Math.Max(1, Encoding.UTF8.GetByteCount(texts[text]));
        }, iter: 200);

    private static IEnumerable<string> Grams(string text)
    {
        string ended = text + "$";
        for (int start = 0; start < ended.Length; start++)
            for (int length = 1; length <= Math.Min(5, ended.Length - start); length++) yield return ended.Substring(start, length);
    }
}
