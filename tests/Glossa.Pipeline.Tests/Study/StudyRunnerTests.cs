using Glossa.Pipeline.Study;
using Glossa.Pipeline.Study.Results;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study;

[TestFixture]
internal sealed class StudyRunnerTests
{
    private const string TwoArms = "seeds: [1, 2]\narms: [{name: phases}, {name: joint, set: {curriculum.control: joint}}]\n";

    private const string OneSeed = "seeds: [1]\narms: [{name: phases}, {name: joint, set: {curriculum.control: joint}}]\n";

    private TinyStudy _study = null!;

    [SetUp]
    public void SetUp() => _study = new TinyStudy();

    [TearDown]
    public void TearDown() => _study.Dispose();

    private static string[] Figures(StudyResults results) =>
        [.. results.Cells.OrderBy(cell => cell.Name).Select(cell => $"{cell.Name} {string.Join(' ', cell.Test.BitsPerByte.Values.Concat(cell.Training.Curve.Loss).Select(value => value.ToString("R")))}")];

    [Test]
    public void Run_TwoArmsTwoSeeds_FinishesEachCellOnce()
    {
        StudyOutcome first = _study.Runner(TwoArms).Run(), second = _study.Runner(TwoArms).Run();
        StudyResults results = _study.Results;
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That((first.Ran, first.Finished, first.Wanted), Is.EqualTo((4, 4, 4)));
        Assert.That((second.Ran, second.Finished), Is.EqualTo((0, 4)));
        Assert.That(Figures(results).Distinct().Count(), Is.EqualTo(4), "seeds and arms differ");
        CellResult cell = results.Cells.Single(cell => cell.Name == "phases/1");
        Assert.That(cell.Training.UniqueBytes, Is.EqualTo(cell.Training.LanguageBytes.Values.Sum()));
        Assert.That(cell.Training.Phases[0].Languages, Has.Count.EqualTo(1));
        Assert.That(cell.Training.Phases[0].UniqueBytes, Is.EqualTo(cell.Training.LanguageBytes[cell.Training.Phases[0].Languages![0]]));
        Assert.That(cell.Training.Tokens, Is.EqualTo(3000).Within(10).Percent);
        Assert.That(cell.Test.Bytes.Values, Has.All.InRange(500, 1500), "about the scored bytes");
        Assert.That(cell.Made.Threads, Is.EqualTo(1));
        Assert.That(Directory.EnumerateFileSystemEntries(_study.At("out", "cells")), Is.Empty, "no weights are kept");
        Assert.That(Directory.EnumerateFiles(_study.At("out", "store"), "final.safetensors", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void Run_BudgetAndBaseline_CompressesTheTestSplitOfAllTexts()
    {
        _study.Settings = "corpus.budget: {chosen: 2000, others: 500}";
        _study.Runner("seeds: [1]\narms: [{name: phases}]\n").Run();
        Assert.That(_study.Results.Baseline!.BitsPerByte.Keys, Is.EqualTo(new[] { "de", "en", "sw" }));
        Assert.That(_study.Results.Cells.Single().Training.LanguageBytes.Values, Has.Some.LessThan(1000), "the budget held");
    }

    [Test]
    public void Run_LanguageWithoutTrainingText_IsMeasuredAndNotCounted()
    {
        File.AppendAllText(_study.At("small.csv"), "fr,test,Tous les hommes naissent libres et égaux en droits\n");
        _study.Runner("seeds: [1]\narms: [{name: phases}]\n").Run();
        CellResult cell = _study.Results.Cells.Single();
        Assert.That(cell.Test.BitsPerByte.Keys, Is.EqualTo(new[] { "de", "en", "fr", "sw" }));
        Assert.That(cell.Training.LanguageBytes.Keys, Is.EqualTo(new[] { "de", "en", "sw" }));
        Assert.That(cell.Training.Phases[^1].Languages, Is.Null, "all that can be trained on");
    }

    [Test]
    public void Run_ArmWithOtherSetting_RunsThatArmAlone()
    {
        _study.Runner(OneSeed).Run();
        string changed = OneSeed.Replace("{curriculum.control: joint}", "{curriculum.control: joint, optimizer.ema: 0.5}", StringComparison.Ordinal);
        StudyRunner runner = _study.Runner(changed);
        Assert.That(runner.Cells.Select(cell => runner.Pending(cell)), Is.EqualTo(new[] { null, "'optimizer.ema' was 0 and is 0.5" }));
        // Stopped before it can run, the study no longer passes the old figures off as the new arm's.
        _study.Runner(changed, new StudyOptions { Folder = "", Limit = TimeSpan.FromTicks(1) }).Run();
        Assert.That(_study.Results.Cells.Select(cell => cell.Outdated), Is.EqualTo(new[] { "'optimizer.ema' was 0 and is 0.5", null }));
        Assert.That(runner.Run().Ran, Is.EqualTo(1));
        Assert.That(_study.Results.Cells.Select(cell => cell.Outdated), Is.EqualTo(new string?[] { null, null }));
    }

    [Test]
    public void Run_Pattern_RunsThoseCells()
    {
        StudyOutcome outcome = _study.Runner(TwoArms, new StudyOptions { Folder = "", Cells = "joint/*" }).Run();
        Assert.That((outcome.Wanted, outcome.Ran), Is.EqualTo((2, 2)));
        Assert.That(
            () => _study.Runner(TwoArms, new StudyOptions { Folder = "", Cells = "jont/1" }),
            Throws.TypeOf<InputException>().With.Message.Contains("no cell is called 'jont/1'; did you mean 'joint/1'?"));
    }

    [Test]
    public void Run_StoppedInTraining_GoesOnToTheSameBits()
    {
        const string Keys = "seeds: [1]\narms: [{name: joint, set: {curriculum.control: joint}}]\n";
        using (CancellationTokenSource source = new())
        {
            StopAfterSteps stop = new(source, 6);
            Assert.That(() => _study.Runner(Keys, new StudyOptions { Folder = "", Progress = _ => stop }, tokens: 3000).Run(source.Token), Throws.InstanceOf<OperationCanceledException>());
        }
        Assert.That(_study.Results.Cells, Is.Empty);
        List<string> notes = [];
        StudyOutcome outcome = _study.Runner(Keys, new StudyOptions { Folder = "", Progress = _ => new StopAfterSteps(null, 0, notes) }, tokens: 3000).Run();
        Assert.That(outcome.Ran, Is.EqualTo(1));
        Assert.That(notes, Has.Some.StartsWith("resuming after step "));
        Assert.That(_study.Runner(Keys, tokens: 3000).Rerun("joint/1").BitEqual, Is.True, "an uninterrupted run gives the same numbers");
    }

    [Test]
    public void Run_OutOfTime_EndsWithoutFailure()
    {
        StudyOutcome outcome = _study.Runner(TwoArms, new StudyOptions { Folder = "", Limit = TimeSpan.FromMilliseconds(1) }).Run();
        Assert.That((outcome.OutOfTime, outcome.Finished), Is.EqualTo((true, 0)));
        Assert.That(File.Exists(_study.ResultsPath), Is.True);
    }

    [Test]
    public void Run_TwoAtOnce_ShareTheCells()
    {
        StudyOutcome[] outcomes = new StudyOutcome[2];
        StudyRunner[] runners = [_study.Runner(TwoArms), _study.Runner(TwoArms)];
        Parallel.For(0, 2, i => outcomes[i] = runners[i].Run());
        Assert.That(outcomes.Sum(outcome => outcome.Ran), Is.EqualTo(4));
        Assert.That(_study.Results.Cells, Has.Count.EqualTo(4));
    }

    [Test]
    public void Run_SeveralProcesses_GiveTheBitsOfOne()
    {
        _study.Runner(OneSeed, new StudyOptions { Folder = "", Processes = 3 }).Run();
        string[] together = Figures(_study.Results);
        Directory.Delete(_study.Out, recursive: true);
        _study.Runner(OneSeed).Run();
        Assert.That(together, Is.EqualTo(Figures(_study.Results)));
    }

    [Test]
    public void Run_ArmsOfEqualSettings_TrainOnce()
    {
        List<string> notes = [];
        _study.Runner("seeds: [1]\narms: [{name: a}, {name: b}]\n", new StudyOptions { Folder = "", Note = notes.Add }).Run();
        Assert.That(notes, Has.Some.EqualTo("b/1: the same settings as a/1"));
        Assert.That(_study.Results.Cells.Select(cell => cell.Name), Is.EqualTo(new[] { "a/1", "b/1" }));
    }

    [Test]
    public void Run_ArmToKeep_HasItsModel()
    {
        _study.Runner("seeds: [1]\narms: [{name: a, keep: true}]\n").Run();
        Assert.That(File.Exists(_study.At("out", "cells", "a-1", "model", "onnx", "model.onnx")), Is.True);
    }

    [Test]
    public void Run_ArmThatFails_LeavesTheOthersToBeDone()
    {
        StudyOutcome outcome = _study.Runner("seeds: [1]\narms: [{name: bad, set: {languages: {method: list, list: [xx]}}}, {name: good}]\n").Run();
        Assert.That((outcome.Finished, outcome.Ran), Is.EqualTo((1, 1)));
        Assert.That(outcome.Failed["bad/1"], Does.Contain("'xx'"));
    }

    [Test]
    public void Rerun_OtherFigures_NamesTheFirst()
    {
        const string Keys = "seeds: [1]\narms: [{name: a}]\n";
        _study.Runner(Keys).Run();
        double loss = _study.Results.Cells[0].Training.Curve.Loss[0];
        string text = File.ReadAllText(_study.ResultsPath);
        File.WriteAllText(_study.ResultsPath, text.Replace(loss.ToString("R"), Math.BitIncrement(loss).ToString("R"), StringComparison.Ordinal));
        CellRerun rerun = _study.Runner(Keys).Rerun("a/1");
        Assert.That(rerun.BitEqual, Is.False);
        Assert.That(rerun.Difference, Is.EqualTo($"training.curve.loss[0] was {Math.BitIncrement(loss):R} and is {loss:R}"));
        Assert.That(_study.Results.Cells[0].Rerun, Is.EqualTo(rerun));
    }

    [Test]
    public void Rerun_CellThatIsNotFinished_IsRefused()
    {
        StudyRunner runner = _study.Runner(TwoArms);
        Assert.That(() => runner.Rerun("joint/1"), Throws.TypeOf<InputException>().With.Message.EqualTo("--rerun: the cell 'joint/1' is not finished: not run yet; run the study first"));
        Assert.That(() => runner.Rerun("joint/3"), Throws.TypeOf<InputException>().With.Message.Contains("did you mean 'joint/1'?"));
    }
}
