using System.Text.Json;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Staging;

[TestFixture]
internal sealed class PipelineRunnerTests
{
    private TemporaryFolder _folder = null!;
    private TextStage _first = null!;
    private TextStage _second = null!;
    private TextStage _third = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        string corpus = _folder.Write("corpus.csv", "hello ");
        File.SetLastWriteTimeUtc(corpus, DateTime.UtcNow.AddHours(-1));
        _first = new TextStage("first") { File = new InputFile("corpus", corpus) };
        _second = new TextStage("second", "first") { Text = config => $"[{config.Seed}]" };
        _third = new TextStage("third", "second") { Publish = [new("model", "model"), new("model/text.txt", "report.txt")] };
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    private string RunFolder => _folder.At("run");

    private RunResult Run(RunConfig? config = null, Func<RunOptions, RunOptions>? change = null, CancellationToken cancellation = default)
    {
        RunOptions options = new() { Folder = RunFolder, Store = _folder.At("store") };
        return new PipelineRunner([_first, _second, _third]).Run(config ?? new RunConfig(), change?.Invoke(options) ?? options, cancellation);
    }

    private int[] Runs => [_first.Runs, _second.Runs, _third.Runs];

    [Test]
    public void Run_New_WritesRecordsAndPublishes()
    {
        RunResult result = Run();
        Assert.That(File.ReadAllText(_folder.At("run", "report.txt")), Is.EqualTo("hello first[1]secondthird"));
        Assert.That(File.ReadAllText(_folder.At("run", "model", "text.txt")), Is.EqualTo("hello first[1]secondthird"));
        Assert.That(result.Stages.Select(stage => stage.Cached), Is.All.False);
        using JsonDocument record = JsonDocument.Parse(File.ReadAllText(_folder.At("run", "stages", "second.json")));
        Assert.That(record.RootElement.GetProperty("settings").GetProperty("text").GetString(), Is.EqualTo("[1]"));
        Assert.That(record.RootElement.GetProperty("inputs").GetProperty("stage:first").GetString(), Is.EqualTo(result.Stages[0].ContentHash));
        Assert.That(record.RootElement.GetProperty("cached").GetBoolean(), Is.False);
    }

    [Test]
    public void Run_Again_DoesNothing()
    {
        Run();
        RunResult again = Run();
        DateTime written = File.GetLastWriteTimeUtc(_folder.At("run", "model", "text.txt"));
        Run();
        Assert.That(Runs, Is.EqualTo(new[] { 1, 1, 1 }));
        Assert.That(again.Stages.Select(stage => stage.Cached), Is.All.True);
        Assert.That(File.GetLastWriteTimeUtc(_folder.At("run", "model", "text.txt")), Is.EqualTo(written));
    }

    [Test]
    public void Run_ChangedSetting_RunsThatStageAndWhatReadsIt()
    {
        Run();
        Run(new RunConfig { Seed = 2 });
        Assert.That(Runs, Is.EqualTo(new[] { 1, 2, 2 }));
        Assert.That(File.ReadAllText(_folder.At("run", "report.txt")), Is.EqualTo("hello first[2]secondthird"));
        Run();
        Assert.That(Runs, Is.EqualTo(new[] { 1, 2, 2 }), "going back finds the stored results");
        Assert.That(File.ReadAllText(_folder.At("run", "model", "text.txt")), Is.EqualTo("hello first[1]secondthird"));
    }

    [Test]
    public void Run_RaisedVersionWithTheSameOutput_KeepsWhatReadsIt()
    {
        Run();
        _first.StageVersion = 2;
        Run();
        Assert.That(Runs, Is.EqualTo(new[] { 2, 1, 1 }));
    }

    [Test]
    public void Run_ChangedInputFile_RunsAll()
    {
        Run();
        _folder.Write("corpus.csv", "howdy ");
        Run();
        Assert.That(Runs, Is.EqualTo(new[] { 2, 2, 2 }));
    }

    [Test]
    public void Run_OtherFolderOfTheSameStore_Reuses()
    {
        Run();
        RunResult other = Run(change: options => options with { Folder = _folder.At("other") });
        Assert.That(other.Stages.Select(stage => stage.Cached), Is.All.True);
        Assert.That(File.ReadAllText(_folder.At("other", "report.txt")), Is.EqualTo("hello first[1]secondthird"));
    }

    [Test]
    public void Run_Fresh_RunsAll()
    {
        Run();
        Run(change: options => options with { Fresh = true });
        Assert.That(Runs, Is.EqualTo(new[] { 2, 2, 2 }));
    }

    [Test]
    public void Run_StageThatIsNotNeeded_LeavesNoTrace()
    {
        TextStage extra = new("extra", "first") { Needed = config => config.Seed == 2 }, last = new("last", "second", "extra") { Reads = ["second"] };
        RunOptions options = new() { Folder = RunFolder, Store = _folder.At("store") };
        string KeyOf(params IStage[] stages) => new PipelineRunner(stages).Run(new RunConfig(), options).Stages[^1].Key;
        string without = KeyOf(_first, _second, new TextStage("last", "second")), key = KeyOf(_first, _second, extra, last);
        Assert.That((key, extra.Runs), Is.EqualTo((without, 0)), "the key of what would read it is as if it did not exist");

        RunResult needed = new PipelineRunner([_first, _second, extra, last]).Run(new RunConfig { Seed = 2 }, options);
        Assert.That(needed.Stages.Select(stage => stage.Name), Is.EqualTo(new[] { "first", "second", "extra", "last" }));
        Assert.That(File.Exists(_folder.At("run", "stages", "extra.json")), Is.True);
        KeyOf(_first, _second, extra, last);
        Assert.That(File.Exists(_folder.At("run", "stages", "extra.json")), Is.False, "the record of an earlier run is gone");
    }

    [Test]
    public void Run_Until_StopsThere()
    {
        RunResult result = Run(change: options => options with { Until = "second" });
        Assert.That(result.Stages.Select(stage => stage.Name), Is.EqualTo(new[] { "first", "second" }));
        Assert.That(() => Run(change: options => options with { Until = "thrid" }),
            Throws.TypeOf<InputException>().With.Message.Contains("did you mean 'third'?"));
    }

    [Test]
    public void Run_FailedStage_LeavesNoOutputAndKeepsItsScratch()
    {
        _second.Work = context =>
        {
            context.OutputFile("half.bin");
            AtomicFile.WriteText(Path.Combine(context.Scratch, "checkpoint"), "step 5");
            throw new WorkException("the loss is not a number");
        };
        Assert.That(() => Run(), Throws.TypeOf<WorkException>());
        Assert.That(Directory.GetDirectories(_folder.At("store")), Has.Length.EqualTo(1), "the first stage's result only");
        string? found = null;
        _second.Work = context => found = File.ReadAllText(Path.Combine(context.Scratch, "checkpoint"));
        Run();
        Assert.That(found, Is.EqualTo("step 5"));
        Assert.That(Directory.Exists(_folder.At("run", ".scratch")) && Directory.EnumerateFileSystemEntries(_folder.At("run", ".scratch")).Any(), Is.False);
    }

    [Test]
    public void Run_DamagedStoredFile_IsMadeAgain()
    {
        RunResult result = Run();
        File.WriteAllText(Path.Combine(result.Stages[1].Folder, "model", "text.txt"), "short");
        Run();
        Assert.That(Runs, Is.EqualTo(new[] { 1, 2, 1 }));
    }

    [Test]
    public void Run_VerifyWithOneChangedByte_IsMadeAgain()
    {
        RunResult result = Run();
        string file = Path.Combine(result.Stages[1].Folder, "model", "text.txt");
        File.WriteAllText(file, File.ReadAllText(file).Replace('h', 'H'));
        Run(change: options => options with { Verify = true });
        Assert.That(Runs, Is.EqualTo(new[] { 1, 2, 1 }));
    }

    [Test]
    public void Run_StoredResultWithoutAPublishedFile_IsMadeAgain()
    {
        Run();
        _third.Publish = [new("log.txt", "log.txt")];
        _third.Work = context => File.WriteAllText(context.OutputFile("log.txt"), "x");
        Run();
        Assert.That(Runs, Is.EqualTo(new[] { 1, 1, 2 }));
        Assert.That(File.Exists(_folder.At("run", "log.txt")), Is.True);
    }

    [Test]
    public void Run_DeletedPublishedFile_ComesBack()
    {
        Run();
        File.Delete(_folder.At("run", "model", "text.txt"));
        Run();
        Assert.That(Runs, Is.EqualTo(new[] { 1, 1, 1 }));
        Assert.That(File.Exists(_folder.At("run", "model", "text.txt")), Is.True);
    }

    [Test]
    public void Run_LeftoversOfAKilledRun_AreCleared()
    {
        Run();
        _folder.Write("run/model.new.partial/x", "half");
        _folder.Write("run/report.json.77.partial", "half");
        Run();
        Assert.That(Directory.EnumerateFileSystemEntries(RunFolder, "*.partial", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void Run_Cancelled_StopsBeforeTheNextStage()
    {
        using CancellationTokenSource source = new();
        _first.Work = _ => source.Cancel();
        Assert.That(() => Run(cancellation: source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Runs, Is.EqualTo(new[] { 1, 0, 0 }));
        Run();
        Assert.That(Runs, Is.EqualTo(new[] { 1, 1, 1 }));
    }

    [Test]
    public void Run_FolderInUse_SaysSo()
    {
        InputException? error = null;
        _first.Work = _ => error = Assert.Throws<InputException>(() => new PipelineRunner([]).Run(new RunConfig(), new RunOptions { Folder = RunFolder }));
        Run();
        Assert.That(error!.Message, Does.Contain("another run").And.Contain($"process {Environment.ProcessId}"));
    }

    [Test]
    public void Run_ForeignFolder_IsRefusedAndUntouched()
    {
        _folder.Write("run/thesis.txt", "mine");
        Assert.That(() => Run(), Throws.TypeOf<InputException>().With.Message.Contains("'thesis.txt'"));
        Assert.That(Directory.EnumerateFileSystemEntries(RunFolder).Count(), Is.EqualTo(1));
    }

    [TestCase("seed: 1\nprovenance:\n  format: 99\n", "format 99")]
    [TestCase("seed: 1\n", "does not say its format")]
    public void Run_FolderOfAnotherVersion_IsRefused(string yaml, string message)
    {
        _folder.Write("run/config.yaml", yaml);
        Assert.That(() => Run(), Throws.TypeOf<InputException>().With.Message.Contains(message).And.Property("ExitCode").EqualTo(2));
    }

    [Test]
    public void Run_MissingInputFile_SaysSo()
    {
        _first.File = new InputFile("corpus", _folder.At("nowhere.csv"));
        Assert.That(() => Run(), Throws.TypeOf<InputException>().With.Message.Contains("no such corpus file"));
        _first.File = new InputFile("corpus", _folder.Path);
        Assert.That(() => Run(), Throws.TypeOf<InputException>().With.Message.Contains("found a folder"));
        Assert.That(Directory.Exists(RunFolder), Is.False);
    }

    [Test]
    public void Run_ConfigYaml_ReadsBackEqual()
    {
        RunConfig config = ConfigReader.Load(null, ["seed=7"]).Config;
        Run(config);
        Assert.That(ConfigReader.Load(_folder.At("run", "config.yaml")).Config, Is.EqualTo(config));
        Assert.That(ConfigReader.Provenance(_folder.At("run", "config.yaml"))!["sha256 of corpus"], Is.EqualTo(ContentHash.OfText("hello ")));
    }

    [Test]
    public void Constructor_WrongOrder_IsRefused() =>
        Assert.That(() => new PipelineRunner([_second, _first]), Throws.ArgumentException.With.Message.Contains("'first'"));
}
