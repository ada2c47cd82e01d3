using System.Text;
using CsCheck;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class CorpusIngestTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Run_Udhr_KeepsTheSplitByArticleOfEveryLanguage()
    {
        string path = _folder.File("udhr.store");
        IngestResult result = CorpusIngest.Run(EmbeddedCorpora.UdhrPath, path);
        Assert.That(result.Rows, Is.EqualTo(27_160));
        Assert.That(result.Languages, Is.EqualTo(464));
        Assert.That(result.SplitByHash, Is.False);
        Assert.That(
            result.EmptyTexts + result.Duplicates + result.TrainTextsHeldOut + result.ValidTextsInTest + result.TrainTexts + result.ValidTexts + result.TestTexts,
            Is.EqualTo(27_160));
        using TextStore store = TextStore.Open(path);
        store.Verify();
        Assert.That(store.Languages, Has.Count.EqualTo(464).And.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        Dictionary<string, CorpusSplit> splits = [];
        foreach (CorpusText text in CorpusReader.Read(EmbeddedCorpora.UdhrPath))
        {
            string key = text.Language + ":" + text.Text;
            splits[key] = splits.TryGetValue(key, out CorpusSplit other) && other > text.Split ? other : text.Split;
        }
        foreach (string language in store.Languages)
        {
            HashSet<string> seen = [];
            foreach (CorpusSplit split in Enum.GetValues<CorpusSplit>())
            {
                string[] texts = [.. store.Texts(language, split)];
                Assert.That(texts, Has.Length.EqualTo(store.Count(language, split)));
                Assert.That(texts.All(seen.Add), Is.True, language);
                Assert.That(texts.Sum(t => (long)Encoding.UTF8.GetByteCount(t)), Is.EqualTo(store.Bytes(language, split)));
                foreach (string text in texts)
                    if (splits[language + ":" + text] != split) Assert.Fail($"{language}: '{text}' is in {split}");
            }
            Assert.That(store.Count(language, CorpusSplit.Train), Is.Positive, language);
        }
    }

    [Test]
    public void Run_SameTextInSeveralSplits_TestBeatsValidBeatsTrain()
    {
        string path = Ingest("""
            language,split,text
            en,train,a
            en,train,both
            en,valid,both
            en,train,all
            en,valid,all
            en,test,all
            en,test,all
            en,train,a
            en,train,z
            fr,train,all
            fr,train,Café
            fr,valid,Café 
            """, new(), out IngestResult result);
        using TextStore store = TextStore.Open(path);
        Assert.That(store.Texts("en", CorpusSplit.Train), Is.EqualTo(new[] { "a", "z" }));
        Assert.That(store.Texts("en", CorpusSplit.Valid), Is.EqualTo(new[] { "both" }));
        Assert.That(store.Texts("en", CorpusSplit.Test), Is.EqualTo(new[] { "all" }));
        Assert.That(store.Texts("fr", CorpusSplit.Train), Is.EqualTo(new[] { "all" }));
        Assert.That(store.Texts("fr", CorpusSplit.Valid), Is.EqualTo(new[] { "Café" }));
        Assert.That(result, Is.EqualTo(new IngestResult(12, 0, 0, 2, 3, 1, 0, false, 2, 3, 2, 1)));
    }

    [Test]
    public void Run_DecomposedTwin_IsADuplicate()
    {
        string path = Ingest("language,split,text\nfr,train,Cafe\u0301\nfr,train,Caf\u00E9\n", new(), out IngestResult result);
        using TextStore store = TextStore.Open(path);
        Assert.That(store.Texts("fr", CorpusSplit.Train), Is.EqualTo(new[] { "Caf\u00E9" }));
        Assert.That(result.Duplicates, Is.EqualTo(1));
    }

    [Test]
    public void Run_NoSplitColumn_SplitsByTextAloneNearTheFractions()
    {
        IngestOptions options = new() { ValidFraction = 0.1, TestFraction = 0.2, Seed = 7 };
        string rows = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"en,text {i}\nfr,text {9_999 - i}\nen,text {i / 2}\n"));
        string path = Ingest("language,text\n" + rows, options, out IngestResult result);
        using TextStore store = TextStore.Open(path);
        Assert.That(result.SplitByHash, Is.True);
        Assert.That(result.Duplicates, Is.EqualTo(10_000));
        foreach (CorpusSplit split in Enum.GetValues<CorpusSplit>())
        {
            Assert.That(store.Texts("en", split), Is.EquivalentTo(store.Texts("fr", split)));
            Assert.That(store.Utf8("en", split).GetEnumerator().MoveNext(), Is.True);
        }
        Assert.That(store.Count("en", CorpusSplit.Test), Is.EqualTo(2000).Within(150));
        Assert.That(store.Count("en", CorpusSplit.Valid), Is.EqualTo(1000).Within(120));
        string other = Ingest("language,text\n" + rows, options with { Seed = 8 }, out _);
        using TextStore otherStore = TextStore.Open(other);
        Assert.That(otherStore.Texts("en", CorpusSplit.Test), Is.Not.EquivalentTo(store.Texts("en", CorpusSplit.Test)));
    }

    [Test]
    public void Run_Twice_GivesTheSameBytes()
    {
        IngestOptions options = new() { Columns = new() { Split = "" }, Seed = 3, TrainBytesPerLanguage = 5000 };
        CorpusIngest.Run(EmbeddedCorpora.UdhrPath, _folder.File("a"), options);
        CorpusIngest.Run(EmbeddedCorpora.UdhrPath, _folder.File("b"), options);
        Assert.That(File.ReadAllBytes(_folder.File("a")).AsSpan().SequenceEqual(File.ReadAllBytes(_folder.File("b"))), Is.True);
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(2));
    }

    [Test]
    public void Run_ByteBudget_KeepsNestedSubsetsInTheOldOrder()
    {
        string rows = string.Concat(Enumerable.Range(0, 2_000).Select(i => $"en,train,this is text {i}\nfr,train,c'est le texte {i}\nfr,test,un {i}\n"));
        string[][] kept = [.. new long[] { 1, 1000, 5000, 1_000_000 }.Select(budget =>
        {
            string path = Ingest("language,split,text\n" + rows, new() { TrainBytesPerLanguage = budget, TrainBytesByLanguage = new Dictionary<string, long> { ["FR"] = 300 } }, out IngestResult result);
            using TextStore store = TextStore.Open(path);
            Assert.That(store.Bytes("fr", CorpusSplit.Train), Is.InRange(270, 300));
            Assert.That(store.Count("fr", CorpusSplit.Test), Is.EqualTo(2_000));
            if (budget > 100) Assert.That(store.Bytes("en", CorpusSplit.Train), Is.LessThanOrEqualTo(budget).And.GreaterThan(Math.Min(budget, 30_000) - 50));
            Assert.That(result.BeyondBudget + result.TrainTexts, Is.EqualTo(4_000));
            return store.Texts("en", CorpusSplit.Train).ToArray();
        })];
        Assert.That(kept[0], Has.Length.EqualTo(1));
        for (int i = 1; i < kept.Length; i++) Assert.That(kept[i - 1], Is.SubsetOf(kept[i]));
        Assert.That(kept[2], Is.EqualTo(kept[3].Where(kept[2].Contains)));
        Assert.That(kept[3], Has.Length.EqualTo(2_000));
    }

    [Test]
    public void Run_SomeLanguages_KeepsThoseAlone()
    {
        string path = Ingest("language,split,text\nen,train,a\nfr,train,b\npt-BR,train,c\nfr,test,d\n", new() { Languages = ["FR", "pt-br"] }, out IngestResult result);
        using TextStore store = TextStore.Open(path);
        Assert.That(store.Languages, Is.EqualTo(new[] { "fr", "pt-BR" }));
        Assert.That((result.OtherLanguages, result.TrainTexts, result.TestTexts), Is.EqualTo((1, 2, 1)));
        Assert.That(() => Ingest("language,text\nen,a\npt-BR,b\n", new() { Languages = ["en", "pt-BT"] }, out _), Throws.TypeOf<InputException>().With.Message.Contains("did you mean 'pt-BR'?"));
    }

    [Test]
    public void Run_BudgetOfUnknownLanguage_NamesTheNearest() =>
        Assert.That(() => Ingest("language,text\nen,a\npt-BR,b\n", new() { TrainBytesByLanguage = new Dictionary<string, long> { ["pt-BT"] = 3 } }, out _),
            Throws.TypeOf<InputException>().With.Message.Contains("'pt-BT' is not in the corpus; did you mean 'pt-BR'?"));

    [TestCase(0.6, 0.4)]
    [TestCase(-0.1, 0.1)]
    [TestCase(double.NaN, 0.1)]
    public void Run_FractionsThatLeaveNoTrain_Throws(double valid, double test) =>
        Assert.That(() => Ingest("language,text\nen,a\n", new() { ValidFraction = valid, TestFraction = test }, out _), Throws.TypeOf<InputException>());

    [Test]
    public void Run_BrokenFile_LeavesNothingBehind()
    {
        Assert.That(() => Ingest("language,text\nen,a\nen,\"b\n", new(), out _), Throws.TypeOf<InputException>());
        Assert.That(() => Ingest("language,text\nen,  \n", new(), out _), Throws.TypeOf<InputException>().With.Message.Contains("no row has text"));
        Assert.That(Directory.GetFiles(_folder.Path).Select(Path.GetExtension), Is.All.EqualTo(".csv"));
    }

    [Test]
    public void Run_Cancelled_LeavesNothingBehind()
    {
        string csv = WriteManyRows(50_000);
        using CancellationTokenSource source = new();
        IngestOptions options = new() { Progress = rows => { if (rows > 40_000) source.Cancel(); } };
        Assert.That(() => CorpusIngest.Run(csv, _folder.File("store"), options, source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetFiles(_folder.Path), Is.EqualTo(new[] { csv }));
    }

    [Test]
    public void Run_LongFile_KeepsMemoryFlatAndTextsWhole()
    {
        string csv = WriteManyRows(400_000);
        Assert.That(new FileInfo(csv).Length, Is.GreaterThan(50_000_000));
        long before = GC.GetTotalMemory(forceFullCollection: true), peak = 0;
        int calls = 0;
        IngestOptions options = new()
        {
            Progress = _ =>
            {
                if (++calls % 16 == 0) peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true));
            },
        };
        IngestResult result = CorpusIngest.Run(csv, _folder.File("store"), options);
        Assert.That(peak - before, Is.LessThan(30_000_000));
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(2));
        Assert.That(result.TrainTexts + result.ValidTexts + result.TestTexts, Is.EqualTo(400_000));
        using TextStore store = TextStore.Open(_folder.File("store"));
        store.Verify();
        // In train, valid and test the rows of a language stand in their order, each with its label and text.
        foreach (string language in store.Languages)
        {
            foreach (CorpusSplit split in Enum.GetValues<CorpusSplit>())
            {
                int last = -1;
                foreach (CorpusText text in store.Records(language, split))
                {
                    int row = int.Parse(text.Text.AsSpan(0, text.Text.IndexOf(' ')));
                    if (row <= last || text.Text != RowText(row) || text.Label != RowLabel(row) || language != RowLanguage(row))
                        Assert.Fail($"row {row} after {last}: {text}");
                    last = row;
                }
            }
        }
    }

    [Test]
    public void Run_TooManyLabels_NamesTheColumn() =>
        Assert.That(() => Ingest("language,text,label\n" + string.Concat(Enumerable.Range(0, 70_000).Select(i => $"en,{i},l{i}\n")), new(), out _),
            Throws.TypeOf<InputException>().With.Message.Contains("column 'label': there are more than 65,536 different labels"));

    [Test]
    public void EmbeddedCorpora_AnyWorkingDirectory_AreFound()
    {
        Assert.That(Path.IsPathRooted(EmbeddedCorpora.UdhrPath));
        Assert.That(File.ReadLines(EmbeddedCorpora.LanguagesPath).Count(), Is.EqualTo(465));
    }

    private static string RowLanguage(int row) => row % 10 < 7 ? "pl" : $"x-a{row % 97}";

    private static string? RowLabel(int row) => row % 3 == 0 ? null : "label " + (row % 5);

    private static string RowText(int row) => row + " żółta łódź płynie po rzece, a za nią druga, tej samej barwy; ma żagiel i wiosła, lecz mało wiatru"
        + new string('!', row % 10_007 == 0 ? 100_000 : 0);

    private string WriteManyRows(int count)
    {
        string path = _folder.File("many.csv");
        using StreamWriter writer = new(path);
        writer.Write("language,text,label\n");
        for (int i = 0; i < count; i++) writer.Write($"{RowLanguage(i)},\"{RowText(i)}\",{RowLabel(i)}\n");
        return path;
    }

    private string Ingest(string csv, IngestOptions options, out IngestResult result)
    {
        string name = Guid.NewGuid().ToString("N");
        result = CorpusIngest.Run(_folder.Write(name + ".csv", csv), _folder.File(name + ".store"), options);
        return _folder.File(name + ".store");
    }
}
