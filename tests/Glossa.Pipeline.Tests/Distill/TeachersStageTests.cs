using Glossa.Data.Corpora;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tests.Study;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Distill;

/// <summary>Whole runs with teachers: three languages, a network of one layer, a few steps.</summary>
internal sealed class TeachersStageTests
{
    private static readonly string[] Languages = ["de", "en", "sw"];

    private TemporaryFolder _folder = null!;
    private string _corpus = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        IEnumerable<string> rows = CorpusReader.Read(EmbeddedCorpora.UdhrPath).Where(text => Languages.Contains(text.Language))
            .Select(text => $"{text.Language},{text.Split.ToString().ToLowerInvariant()},\"{text.Text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        _corpus = _folder.Write("small.csv", "language,split,text\n" + string.Join('\n', rows) + "\n");
        Run("seed8", "seed=8");
        Run("seed9", "seed=9");
    }

    [OneTimeTearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Run_TeachersFromRuns_AreThoseThatAreTrained()
    {
        Run("trained", "distillation.teachers=2");
        Run("taken", From("seed8", "seed9"));
        Assert.That(WeightsOf("taken"), Is.EqualTo(WeightsOf("trained")), "the seeds that follow 7 are 8 and 9");
        Run("alone");
        Run("heavy", From("seed8", "seed9"), "distillation.weight=0.9");
        Assert.That(new[] { "trained", "alone", "heavy" }.Select(WeightsOf), Is.Unique);
    }

    [Test]
    public void Run_TeachersOfOtherDropoutAndPhases_AreThoseOfRunsWithSuch()
    {
        string[] own = ["model.dropout=0.4", "curriculum.phases=[{name: only, tokens: 900}]"];
        Run("seed8-own", ["seed=8", .. own]);
        Run("seed9-own", ["seed=9", .. own]);
        Run("taken-own", From("seed8-own", "seed9-own"));
        Run("trained-own", "distillation={teachers: 2, dropout: 0.4, phases: [{name: only, tokens: 900}]}");
        Assert.That(WeightsOf("trained-own"), Is.EqualTo(WeightsOf("taken-own")));
    }

    [Test]
    public void Run_SecondRound_LearnsFromTheFirstAsTheModelFromIt()
    {
        // Dropout and phases are the first round's; the second's are the model's own.
        string[] first = ["model.dropout=0.4", "curriculum.phases=[{name: only, tokens: 900}]"];
        Run("seed8-first", ["seed=8", .. first]);
        Run("seed9-first", ["seed=9", .. first]);
        Run("seed10-second", "seed=10", From("seed8-first", "seed9-first"));
        Run("seed11-second", "seed=11", From("seed8-first", "seed9-first"));
        Run("taken-second", From("seed10-second", "seed11-second"));
        Run("trained-second", "distillation={teachers: 2, rounds: 2, dropout: 0.4, phases: [{name: only, tokens: 900}]}");
        Assert.That(WeightsOf("trained-second"), Is.EqualTo(WeightsOf("taken-second")));
    }

    [Test]
    public void Run_StoppedInATeacher_EndsWithTheSameBits()
    {
        string[] settings = ["distillation={teachers: 1, rounds: 2}", "curriculum.control=joint", "model.dropout=0.1"];
        Run("whole", settings);
        List<string> notes = [];
        // Within the first teacher, then within the second, which learns from it.
        foreach (string teacher in (string[])["teacher 1", "teacher 2"])
        {
            using CancellationTokenSource source = new();
            Assert.That(() => Run("parts", new StopAfterSteps(source, 3, notes, during: "teachers", teacher), source.Token, settings), Throws.InstanceOf<OperationCanceledException>());
        }
        Run("parts", new StopAfterSteps(null, 0, notes), default, settings);
        Assert.That(WeightsOf("parts"), Is.EqualTo(WeightsOf("whole")));
        Assert.That(notes, Has.Some.Contains("teacher 1 of 2: resuming after step").And.Some.Contains("teacher 2 of 2: resuming after step"));
        Assert.That(Directory.Exists(Path.Combine(_folder["parts"], ".scratch")) ? Directory.GetFileSystemEntries(Path.Combine(_folder["parts"], ".scratch")) : [], Is.Empty);
    }

    [Test]
    public void Run_TeacherOfAnotherTokenizer_IsRefused() => AssertRefused("tokenizer.vocabulary=310", "another tokenizer");

    [Test]
    public void Run_TeacherOfAShorterContext_IsRefused() => AssertRefused("model.context=128", "at most 64 tokens at once, this run's model 128");

    [Test]
    public void Run_TeacherOfOtherTexts_IsRefused() =>
        AssertRefused($"corpus.path={_folder.Write("other.csv", File.ReadAllText(_corpus) + "sw,test,maneno mengine\n")}", "other texts");

    [Test]
    public void Run_TeacherFromNowhere_SaysSoBeforeItWorks()
    {
        Assert.That(() => Run("nowhere", From("none")), Throws.TypeOf<InputException>().With.Message.Contains("no exported model to take as a teacher").And.Message.Contains("distillation.from"));
        Assert.That(Directory.Exists(_folder["nowhere"]), Is.False);
    }

    private void AssertRefused(string setting, string why) =>
        Assert.That(() => Run("refused", From("seed8"), setting), Throws.TypeOf<InputException>().With.Message.Contains(why).And.Message.Contains("seed8").And.Message.Contains("distillation.from"));

    private string From(params string[] runs) => $"distillation.from=[{string.Join(", ", runs.Select(run => _folder[run]))}]";

    private string WeightsOf(string run) => ContentHash.OfFile(_folder.At(run, "checkpoints", "final.safetensors"));

    private void Run(string name, params string[] settings) => Run(name, Pipeline.Progress.SilentProgress.Instance, default, settings);

    private void Run(string name, Pipeline.Progress.IProgressReporter progress, CancellationToken cancellation, params string[] settings)
    {
        string[] all =
        [
            "seed=7", $"corpus.path={_corpus}", "tokenizer.vocabulary=300", "languages.count=1", "model={layers: 1, width: 16, context: 64}",
            "curriculum.phases=[{name: first, languages: chosen, tokens: 700}, {name: all, tokens: 700}]", "batch={tokensPerStep: 256, microBatchTokens: 128}",
            "evaluation.baseline=false", "engine={threads: 1, checkpointSeconds: 0}", "optimizer.ema=0.8", "export.precisions=[fp32]", .. settings,
        ];
        RunConfig config = ConfigReader.Load(null, all).Config;
        // Of a run that is a teacher the model has to be exported, and one that is stopped must find nothing finished.
        RunOptions options = new() { Folder = _folder[name], Store = name == "parts" ? null : _folder["store"], Progress = progress, Until = name.StartsWith("seed", StringComparison.Ordinal) ? "export" : "train" };
        new PipelineRunner(PipelineStages.All).Run(config, options, cancellation);
    }
}
