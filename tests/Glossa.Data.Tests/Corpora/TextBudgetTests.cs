using System.IO.Hashing;
using System.Text;
using CsCheck;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class TextBudgetTests
{
    private const ulong Seed = 5;

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Write_ABudget_KeepsWhatIngestWouldHaveKept()
    {
        string csv = WriteCorpus();
        CorpusIngest.Run(csv, _folder.File("all"), new IngestOptions { Seed = Seed });
        CorpusIngest.Run(csv, _folder.File("ingested"), new IngestOptions { Seed = Seed, TrainBytesByLanguage = new Dictionary<string, long> { ["fr"] = 900 } });
        using TextStore all = TextStore.Open(_folder.File("all"));
        long left = TextBudget.Write(all, _folder.File("copied"), new Dictionary<string, long> { ["fr"] = 900 }, Seed);
        Assert.That(File.ReadAllBytes(_folder.File("copied")).AsSpan().SequenceEqual(File.ReadAllBytes(_folder.File("ingested"))), Is.True);
        using TextStore copied = TextStore.Open(_folder.File("copied"));
        Assert.That(left, Is.EqualTo(all.Count("fr", CorpusSplit.Train) - copied.Count("fr", CorpusSplit.Train)).And.GreaterThan(0));
        Assert.That(copied.Texts("en", CorpusSplit.Train), Is.EqualTo(all.Texts("en", CorpusSplit.Train)));
    }

    [Test]
    public void Texts_SmallerBudget_IsAPartOfTheLarger()
    {
        CorpusIngest.Run(WriteCorpus(), _folder.File("all"), new IngestOptions { Seed = Seed });
        using TextStore store = TextStore.Open(_folder.File("all"));
        string[] small = [.. TextBudget.Texts(store, "en", 300, Seed)], large = [.. TextBudget.Texts(store, "en", 2000, Seed)];
        Assert.That(small, Is.SubsetOf(large).And.Not.Empty);
        Assert.That(small.Sum(Encoding.UTF8.GetByteCount), Is.InRange(250, 300));
        Assert.That(TextBudget.Texts(store, "en", null, Seed), Is.EqualTo(store.Texts("en", CorpusSplit.Train)));
        Assert.That(TextBudget.Texts(store, "en", 2000, Seed + 1), Is.Not.EquivalentTo(large));
    }

    [Test]
    public void Write_OrderOfCoverage_KeepsTheTextsThatTheChoiceSees()
    {
        CorpusIngest.Run(WriteCorpus(), _folder.File("all"), new IngestOptions { Seed = Seed });
        using TextStore all = TextStore.Open(_folder.File("all"));
        TextBudget.Write(all, _folder.File("covering"), new Dictionary<string, long> { ["en"] = 300 }, Seed, TextOrder.Coverage);
        using TextStore covering = TextStore.Open(_folder.File("covering"));
        string[] texts = [.. all.Texts("en", CorpusSplit.Train)], kept = [.. covering.Texts("en", CorpusSplit.Train)];
        Assert.That(kept, Is.EqualTo(TextBudget.Texts(all, "en", 300, Seed, TextOrder.Coverage)));
        Assert.That(kept, Is.EquivalentTo(TextCoverage.First(texts, 300).Select(text => texts[text])));
        Assert.That(kept, Is.Not.EquivalentTo(TextBudget.Texts(all, "en", 300, Seed)));
        Assert.That(covering.Texts("fr", CorpusSplit.Train), Is.EqualTo(all.Texts("fr", CorpusSplit.Train)));
    }

    [Test]
    public void CutOf_AnyBudget_IsTheLongestBeginningOfTheOrder() =>
        Gen.Select(Gen.ULong[0, 40].Array[1, 60], Gen.Int[1, 9].Array[60], Gen.Long[1, 300]).Sample((values, lengths, budget) =>
        {
            // Equal hashes are told apart by their numbers; hashes that differ in the last bits alone lie anywhere in the order.
            (UInt128 Hash, int Index, int Bytes)[] texts = [.. values.Select((value, i) => (XxHash128.HashToUInt128(BitConverter.GetBytes(value)), i, lengths[i]))];
            TextBudget.Cut last = TextBudget.CutOf(texts, budget, Seed);
            long[] sums = [.. texts.Select(text => texts.Where(other => IsBefore(other, text)).Sum(other => (long)other.Bytes) + text.Bytes)];
            Assert.That(texts.Select(text => last.Holds(text.Hash, text.Index)), Is.EqualTo(texts.Select((text, i) => sums[i] <= budget || sums[i] == text.Bytes)));
        }, iter: 300);

    // The order as the cuts of all budgets show it: a text is before another where a cut holds it alone.
    private static bool IsBefore((UInt128 Hash, int Index, int Bytes) one, (UInt128 Hash, int Index, int Bytes) other) =>
        one.Index != other.Index && TextBudget.CutOf([one with { Bytes = 2 }, other with { Bytes = 2 }], 2, Seed).Holds(one.Hash, one.Index);

    private string WriteCorpus() => _folder.Write("a.csv",
        "language,split,text,label\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"en,train,this is text {i},a\nfr,train,c'est le texte {i},b\nfr,test,un {i},\n")));
}
