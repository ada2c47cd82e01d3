using System.Text;
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

    private string WriteCorpus() => _folder.Write("a.csv",
        "language,split,text,label\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"en,train,this is text {i},a\nfr,train,c'est le texte {i},b\nfr,test,un {i},\n")));
}
