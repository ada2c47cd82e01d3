using NUnit.Framework;

namespace Glossa.Cli.Tests.Runs;

/// <summary>What a second run executes; each test leaves the folder as the first run left it.</summary>
[TestFixture]
internal sealed class RerunTests
{
    private static readonly string[] All = ["ingest", "languages", "budget", "tokenizer", "model", "train", "evaluate", "export", "report"];
    private static readonly string[] OfExport = ["export", "report"];
    private static readonly string[] AfterTraining = ["evaluate", "export", "report"];
    private RunFixture _run = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _run = new RunFixture();
        Assert.That(_run.Executed(), Is.EqualTo(All));
    }

    [OneTimeTearDown]
    public void TearDown() => _run.Dispose();

    [Test]
    public void Run_Unchanged_ExecutesNothingAndWritesNothing()
    {
        // The record of a stage says once that it was reused; from then on nothing changes.
        Assert.That(_run.Executed(), Is.Empty);
        Dictionary<string, DateTime> before = Times();
        Assert.That(_run.Executed(), Is.Empty);
        Assert.That(Times(), Is.EquivalentTo(before));
    }

    [Test]
    public void Run_OtherCheckpointInterval_ExecutesNothing() =>
        Assert.That(_run.Executed("--set", "engine.checkpointSeconds=5"), Is.Empty);

    [Test]
    public void Run_OtherThreads_TrainsAgain() => Assert.That(_run.Executed("--set", "engine.threads=1"), Does.Contain("train"), "the last bits of the weights depend on it");

    [Test]
    public void Run_OtherGate_ExecutesExportAndReport() => Assert.That(_run.Executed("--set", "export.gates={int8: 0.4}"), Is.EqualTo(OfExport));

    [Test]
    public void Run_FewerPrecisions_ExecutesExportAndReportAndRemovesTheFile()
    {
        string quantized = _run.At("run", "model", "onnx", "model_quantized.onnx");
        Assert.That(File.Exists(quantized), Is.True);
        Assert.That(_run.Executed("--set", "export.precisions=[fp32]"), Is.EqualTo(OfExport));
        Assert.That(File.Exists(quantized), Is.False);
        Assert.That(_run.Executed(), Is.Empty, "the first result is still stored");
        Assert.That(File.Exists(quantized), Is.True);
    }

    [Test]
    public void Run_OtherSplit_ExecutesWhatMeasures() => Assert.That(_run.Executed("--set", "evaluation.split=valid"), Is.EqualTo(AfterTraining));

    [Test]
    public void Run_OtherSeed_ExecutesTheModelAndWhatFollows() => Assert.That(_run.Executed("--set", "seed=9"), Does.Contain("model").And.Contain("train").And.Contain("export"));

    [Test]
    public void Run_BreachedGate_FailsAndKeepsTheModelOfTheRunBefore()
    {
        string model = _run.At("run", "model");
        Dictionary<string, string> before = KillTest.RunAudit.Hashes(model);
        // A graph of one layer loses something to int8, however little; where it gains there is nothing to gate.
        CommandOutcome outcome = _run.Run("--set", "export.gates={int8: 0}", "--set", "seed=8");
        if (outcome.Code == 0) Assert.Ignore("int8 is better than fp32 here");
        Assert.That(outcome.Code, Is.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("the gate is").And.Contain("export.gates"));
        Assert.That(KillTest.RunAudit.Hashes(model), Is.EquivalentTo(before));
        Assert.That(RunFixture.Unfinished(_run.Out), Is.Empty);
    }

    private Dictionary<string, DateTime> Times() => Directory.EnumerateFiles(_run.Out, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetFileName(file) is not ".lock" and not ".lock-holder").ToDictionary(file => file, File.GetLastWriteTimeUtc);
}
