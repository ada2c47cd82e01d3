using System.Text;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class NearDuplicatesTests
{
    private static readonly string[] Words = ["open", "file", "close", "window", "print", "table", "insert", "column", "colour", "border", "field", "query", "report", "page", "style", "format"];

    [TestCase(0.5)]
    [TestCase(0.8)]
    [TestCase(0.9)]
    public void IsNear_TextsOfKnownOverlap_AnswersAsJaccardDoes(double threshold)
    {
        SeededRandom random = new(4);
        int wrong = 0, pairs = 0;
        for (int i = 0; i < 300; i++)
        {
            string one = string.Join(' ', Enumerable.Range(0, 30).Select(_ => Words[random.NextInt32(Words.Length)] + random.NextInt32(9))), other = one[(i % 120)..] + new string('z', i % 7) + Words[i % 16];
            double overlap = Jaccard(one, other);
            // The estimate of 128 hashes has a deviation of up to 0.044.
            if (Math.Abs(overlap - threshold) < 0.1) continue;
            NearDuplicates near = new(threshold);
            Assert.That(near.IsNear(Encoding.UTF8.GetBytes(one)), Is.False);
            pairs++;
            if (near.IsNear(Encoding.UTF8.GetBytes(other)) != overlap > threshold) wrong++;
        }
        Assert.That(pairs, Is.GreaterThan(60));
        Assert.That(wrong, Is.LessThanOrEqualTo(pairs / 50));
    }

    [Test]
    public void IsNear_ShortAndEqualTexts_AreTold()
    {
        NearDuplicates near = new(0.9);
        Assert.That(((string[])["OK", "No", "OK", "Öl", "", "中"]).Select(text => near.IsNear(Encoding.UTF8.GetBytes(text))), Is.EqualTo(new[] { false, false, true, false, false, false }));
    }

    [Test]
    public void Run_NearDuplicates_DropsThemInTrainOnly()
    {
        using TemporaryFolder folder = new();
        const string Text = "Click the button to open the dialogue and choose the file that should be inserted into the table on the current page";
        string csv = folder.Write("a.csv", $"language,split,text\nen,train,{Text}\nen,train,{Text}.\nde,train,{Text}!\nen,test,{Text}?\nen,test,{Text}??\nen,train,Something else\n");
        IngestResult result = CorpusIngest.Run(csv, folder.File("store"), new IngestOptions { NearDuplicates = 0.8 });
        using TextStore store = TextStore.Open(folder.File("store"));
        Assert.That(result.NearDuplicates, Is.EqualTo(1));
        Assert.That(store.Texts("en", CorpusSplit.Train), Is.EqualTo(new[] { Text, "Something else" }));
        Assert.That((store.Count("de", CorpusSplit.Train), store.Count("en", CorpusSplit.Test)), Is.EqualTo((1, 2)));
        Assert.That(() => CorpusIngest.Run(csv, folder.File("store"), new IngestOptions { NearDuplicates = 1.5 }), Throws.TypeOf<InputException>());
    }

    private static double Jaccard(string one, string other)
    {
        HashSet<string> a = Grams(one), b = Grams(other);
        return (double)a.Intersect(b).Count() / a.Union(b).Count();
    }

    private static HashSet<string> Grams(string text) => [.. Enumerable.Range(0, text.Length - 4).Select(i => text.Substring(i, 5))];
}
