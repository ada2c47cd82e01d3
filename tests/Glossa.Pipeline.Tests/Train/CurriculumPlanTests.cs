using Glossa.Data.Corpora;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Tests.Evaluate;
using Glossa.Pipeline.Train;
using Glossa.Training.Schedules;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Train;

/// <summary>What phases see, over four languages of which two are chosen.</summary>
[TestFixture]
internal sealed class CurriculumPlanTests
{
    private static readonly string[] Languages = ["aa", "bb", "cc", "dd"], Chosen = ["bb", "cc"];

    private static readonly PhaseConfig First = new() { Name = "first", Languages = PhaseLanguages.Chosen, Tokens = 4000, Schedule = Pipeline.Configuration.LearningRateSchedule.Constant };

    private TemporaryTokens _tokens = null!;

    [OneTimeSetUp]
    public void SetUp() => _tokens = new TemporaryTokens(Languages, Languages.SelectMany((language, i) => Enumerable.Range(0, 50).Select(text => (i, CorpusSplit.Train, $"text {text} of {language}"))));

    [OneTimeTearDown]
    public void TearDown() => _tokens.Dispose();

    [Test]
    public void Make_OthersWithReplay_CountsBothKindsOfLanguages()
    {
        IReadOnlyList<PlannedPhase> phases = Plan(CurriculumControl.Phases, First, new PhaseConfig { Name = "second", Languages = PhaseLanguages.Others, Tokens = 4000, Replay = 0.25 });
        Assert.That(phases[0].Languages, Is.EqualTo(Chosen));
        Assert.That(phases[1].Languages, Is.EqualTo(Languages));
        Assert.That(phases[1].UniqueBytes, Is.EqualTo(2 * phases[0].UniqueBytes));
        Assert.That(Predictions(phases[1]), Is.EqualTo(4000).Within(20));
    }

    [Test]
    public void Make_OthersAlone_LeavesTheChosenOut() =>
        Assert.That(Plan(CurriculumControl.Phases, First, new PhaseConfig { Name = "second", Languages = PhaseLanguages.Others, Tokens = 4000 })[1].Languages, Is.EqualTo(new[] { "aa", "dd" }));

    [TestCase(false, OptimizerState.Keep, 0)]
    [TestCase(true, OptimizerState.Keep, 0.05)]
    [TestCase(false, OptimizerState.Reset, 0.05)]
    public void Make_SecondPhase_WarmsUpWhereAskedOrReset(bool rewarm, OptimizerState state, double expected)
    {
        PlannedPhase second = Plan(CurriculumControl.Phases, First, new PhaseConfig { Name = "second", Tokens = 4000, Rewarm = rewarm, OptimizerState = state })[1];
        Assert.That((second.Schedule.WarmupFraction, second.ResetOptimizer), Is.EqualTo((expected, state == OptimizerState.Reset)));
    }

    [Test]
    public void Make_Joint_HasThePhasesTokensAndLanguages()
    {
        PhaseConfig last = new() { Name = "second", Languages = PhaseLanguages.Others, Epochs = 2, Replay = 0.5, ReplayEnd = 0, Train = "embeddings" };
        IReadOnlyList<PlannedPhase> phases = Plan(CurriculumControl.Phases, First, last), joint = Plan(CurriculumControl.Joint, First, last);
        Assert.That(joint, Has.Count.EqualTo(1));
        Assert.That(joint[0].Languages, Is.EqualTo(Languages));
        Assert.That(joint[0].UniqueBytes, Is.EqualTo(phases[1].UniqueBytes));
        Assert.That(Predictions(joint[0]), Is.EqualTo(phases.Sum(Predictions)).Within(40));
        Assert.That((joint[0].Trained, joint[0].Schedule.Kind), Is.EqualTo(("*", ScheduleKind.WarmupStableDecay)));
    }

    [Test]
    public void Make_JointOfPhasesOnTheChosen_StaysWithThem() =>
        Assert.That(Plan(CurriculumControl.Joint, First, First with { Name = "again" })[0].Languages, Is.EqualTo(Chosen));

    private static int Predictions(PlannedPhase phase) => Enumerable.Range(0, phase.Batches.Steps).Sum(phase.Batches.Labels);

    private IReadOnlyList<PlannedPhase> Plan(CurriculumControl control, params PhaseConfig[] phases) => CurriculumPlan.Make(
        new TrainSettings(new CurriculumConfig { Control = control, Phases = new(phases) }, new OptimizerConfig(), new BatchConfig { TokensPerStep = 256, MicroBatchTokens = 128 }, 64, 0, EngineKind.Cpu, EnginePrecision.Fp32, 1, 1),
        _tokens.File, Chosen, new BatchAssembler(_tokens.File, new ByteTokenizer(), masks: false));
}
