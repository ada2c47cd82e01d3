using System.Text.Json;
using Glossa.Cli.Tests.Runs;
using Glossa.KillTest;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Study;

/// <summary><c>glossa study</c> on a corpus of four languages.</summary>
[TestFixture]
internal sealed class StudyCommandTests
{
    private RunFixture _run = null!;
    private string _file = null!;

    [SetUp]
    public void SetUp()
    {
        _run = new RunFixture(tokens: 2_000);
        _file = Write("seeds: [1, 2]\narms: [{name: phases}, {name: joint, set: {curriculum.control: joint}}]\nreport: {comparisons: [{arm: phases, against: joint, scatter: true}]}\n");
    }

    [TearDown]
    public void TearDown() => _run.Dispose();

    private string Out => _run.At("out");

    private string Write(string keys)
    {
        File.WriteAllText(_run.At("tiny.yaml"), "base: config.yaml\nset: {engine.threads: 1}\nscoredBytesPerLanguage: 1000\n" + keys);
        return _run.At("tiny.yaml");
    }

    private static JsonElement Json(CommandOutcome outcome)
    {
        Assert.That(outcome.Code, Is.Zero, outcome.Output + outcome.Error);
        using JsonDocument document = JsonDocument.Parse(outcome.Output);
        return document.RootElement.Clone();
    }

    [Test]
    public void Study_TwoProcesses_ShareTheCellsAndLoseNone()
    {
        string[] arguments = ["study", _file, "--out", Out, "--quiet"];
        ProcessOutcome[] outcomes = new ProcessOutcome[2];
        Parallel.For(0, 2, i => outcomes[i] = GlossaProcess.Run(arguments));
        Assert.That(outcomes.Select(outcome => outcome.ExitCode), Is.All.Zero, string.Concat(outcomes.Select(outcome => outcome.Error)));
        JsonElement list = Json(RunFixture.Command("study", _file, "--out", Out, "--list", "--json"));
        Assert.That(list.EnumerateArray().Count(cell => cell.GetProperty("finished").GetBoolean()), Is.EqualTo(4));
        JsonElement again = Json(RunFixture.Command("study", _file, "--out", Out, "--json"));
        Assert.That(again.GetProperty("ran").GetInt32(), Is.Zero);

        CommandOutcome report = RunFixture.Command("study", "report", Path.Combine(Out, "study.json"), "--markdown", _run.At("doc.md"));
        Assert.That(report.Code, Is.Zero, report.Error);
        Assert.That(report.Output, Does.Contain("doc.md: written, with 1 picture").And.Not.Contain("pictures"));
        Assert.That(File.ReadAllText(_run.At("doc.md")), Does.Contain("4 finished cells of 2 arms"));
    }

    [Test]
    public void Study_Lines_NameEachCellWithItsFigures()
    {
        CommandOutcome outcome = RunFixture.Command("study", _file, "--out", Out, "--cells", "joint/1");
        Assert.That(outcome.Code, Is.Zero, outcome.Error);
        Assert.That(outcome.Output, Does.Match(@"(?m)^joint/1: \d\.\d{4} bits per byte on test, \d\.\d{4} on valid, in \d+ s$"));
        Assert.That(outcome.Output, Does.Contain("1 of 1 cells are finished, 1 of them now"));
        CommandOutcome rerun = RunFixture.Command("study", _file, "--out", Out, "--rerun", "joint/1", "--quiet");
        Assert.That(rerun.Code, Is.Zero, rerun.Error);
        Assert.That(rerun.Output, Does.Match(@"^joint/1: all \d+ numbers are the same to the bit\n$"));
    }

    [Test]
    public void Study_CellThatFails_EndsWithOne()
    {
        CommandOutcome outcome = RunFixture.Command("study", Write("seeds: [1]\narms: [{name: bad, set: {languages: {method: list, list: [xx]}}}]\n"), "--out", Out, "--json");
        Assert.That(outcome.Code, Is.EqualTo(1));
        using JsonDocument document = JsonDocument.Parse(outcome.Output);
        Assert.That(document.RootElement.GetProperty("failed").GetProperty("bad/1").GetString(), Does.Contain("'xx'"));
    }

    [Test]
    public void Study_WrongFile_IsOneLine()
    {
        CommandOutcome outcome = RunFixture.Command("study", Write("seeds: []\narms: [{name: a}]\n"), "--out", Out);
        RunFixture.AssertFailure(outcome, 2, null, "tiny.yaml:4:1: the study has no seeds");
        Assert.That(Directory.Exists(Out), Is.False, "nothing is made of a study that cannot be read");
    }

    [Test]
    public void Study_DamagedResults_AreOneLine()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "study.json"), "{\"version\": 1,");
        RunFixture.AssertFailure(RunFixture.Command("study", _file, "--out", Out), 2, null, "study.json: not a whole study", "take the last whole one from version control");
        RunFixture.AssertFailure(RunFixture.Command("study", "report", Path.Combine(Out, "study.json"), "--markdown", _run.At("doc.md")), 2, null, "not a whole study");
    }

    [TestCase("--processes", "0", "at least one process")]
    [TestCase("--minutes", "-1", "--minutes: expected minutes")]
    [TestCase("--cells", "jont/1", "no cell is called 'jont/1'; did you mean 'joint/1'?")]
    [TestCase("--threads", "-2", "--threads: expected a whole number from 0 to 1024, found -2")]
    public void Study_WrongOption_IsOneLine(string option, string value, string message) =>
        RunFixture.AssertFailure(RunFixture.Command("study", _file, "--out", Out, option, value), 2, null, message);
}
