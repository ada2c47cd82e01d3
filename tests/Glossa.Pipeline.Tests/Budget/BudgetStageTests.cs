using Glossa.Data.Corpora;
using Glossa.Pipeline.Budget;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Ingest;
using Glossa.Pipeline.Languages;
using Glossa.Pipeline.Staging;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Budget;

/// <summary>Which texts are left for training, from a corpus of three languages and two domains.</summary>
[TestFixture]
internal sealed class BudgetStageTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        using StreamWriter csv = new(Path.Combine(_folder.Path, "corpus.csv"));
        csv.WriteLine("language,domain,split,text");
        for (int i = 0; i < 300; i++)
        {
            foreach (string language in (string[])["de", "en", "sw"]) csv.WriteLine($"{language},{(i % 2 == 0 ? "help" : "ui")},{(i % 10 < 8 ? "train" : "test")},a text of {language} {i}");
        }
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Run_BudgetOfTheOthers_LeavesTheChosenWhole()
    {
        RunResult run = Run("corpus.budget.others=500", "languages.list=[en]");
        using TextStore all = Store(run, "ingest"), left = Store(run, "budget");
        Assert.That(left.Bytes("en", CorpusSplit.Train), Is.EqualTo(all.Bytes("en", CorpusSplit.Train)));
        foreach (string language in (string[])["de", "sw"])
        {
            Assert.That(left.Bytes(language, CorpusSplit.Train), Is.InRange(470, 500));
            Assert.That(left.Texts(language, CorpusSplit.Test), Is.EqualTo(all.Texts(language, CorpusSplit.Test)));
        }
    }

    [Test]
    public void Run_BothBudgets_EachLanguageHasThatOfItsRole()
    {
        RunResult run = Run("corpus.budget={chosen: 1500, others: 500}", "languages.list=[sw]");
        using TextStore left = Store(run, "budget");
        Assert.That(left.Bytes("sw", CorpusSplit.Train), Is.InRange(1470, 1500));
        Assert.That(left.Bytes("en", CorpusSplit.Train), Is.InRange(470, 500));
        Assert.That(File.Exists(Path.Combine(Folder(run, "budget"), IngestStage.BaselineFile)), Is.True, "the baseline is that of the budget's text");
        Assert.That(File.Exists(Path.Combine(Folder(run, "ingest"), IngestStage.BaselineFile)), Is.False);
    }

    [Test]
    public void Run_NoBudget_GivesTheSameOutputForEveryChoice()
    {
        RunResult one = Run("languages.list=[en]"), other = Run("languages.list=[de]");
        Assert.That(one.Stages[^1].ContentHash, Is.EqualTo(other.Stages[^1].ContentHash));
        Assert.That(one.Stages[1].ContentHash, Is.Not.EqualTo(other.Stages[1].ContentHash));
        Assert.That(File.Exists(Path.Combine(Folder(one, "budget"), IngestStage.StoreFile)), Is.False);
    }

    [Test]
    public void Run_OtherSeedOfTheRun_KeepsTheSameTexts()
    {
        RunResult one = Run("corpus.budget.others=500", "languages.list=[en]"), other = Run("corpus.budget.others=500", "languages.list=[en]", "seed=2");
        Assert.That(one.Stages[^1].ContentHash, Is.EqualTo(other.Stages[^1].ContentHash));
    }

    [Test]
    public void Run_OrderOfCoverage_KeepsOtherTextsOfTheSameBytes()
    {
        RunResult drawn = Run("corpus.budget={chosen: 500, others: 500}", "languages.list=[en]"), covering = Run("corpus.budget={chosen: 500, others: 500, order: coverage}", "languages.list=[en]");
        using TextStore one = Store(drawn, "budget"), other = Store(covering, "budget");
        Assert.That(other.Bytes("sw", CorpusSplit.Train), Is.InRange(470, 500));
        Assert.That(other.Texts("sw", CorpusSplit.Train), Is.Not.EquivalentTo(one.Texts("sw", CorpusSplit.Train)));
    }

    [Test]
    public void Run_Domains_TrainsOnOneAndEvaluatesOnTheOther()
    {
        RunResult run = Run("corpus.domains={train: help, evaluate: ui}", "languages.list=[en]");
        using TextStore store = Store(run, "ingest");
        Assert.That(store.Texts("en", CorpusSplit.Train).Select(text => Number(text) % 2).Distinct(), Is.EqualTo(new[] { 0 }));
        Assert.That(store.Texts("en", CorpusSplit.Test).Select(text => Number(text) % 2).Distinct(), Is.EqualTo(new[] { 1 }));
        Assert.That(() => Run("corpus.domains.evaluate=uu", "languages.list=[en]"), Throws.TypeOf<InputException>().With.Message.Contains("'uu'"));
    }

    private static int Number(string text) => int.Parse(text.Split(' ')[^1]);

    private static string Folder(RunResult run, string stage) => run.Stages.Single(s => s.Name == stage).Folder;

    private static TextStore Store(RunResult run, string stage) => TextStore.Open(Path.Combine(Folder(run, stage), IngestStage.StoreFile));

    private RunResult Run(params string[] settings)
    {
        RunConfig config = ConfigReader.Parse("corpus: {path: corpus.csv}\nlanguages: {method: list}\n", "test", _folder.Path, settings);
        return new PipelineRunner([new IngestStage(), new LanguagesStage(), new BudgetStage()]).Run(config, new RunOptions { Folder = Path.Combine(_folder.Path, "run") });
    }
}
