using System.Text.Json;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Runs;

/// <summary><c>glossa run --dry-run</c>: what training will take, before it starts.</summary>
[TestFixture]
internal sealed class DryRunTests
{
    [Test]
    public void DryRun_DoesTheStagesBeforeTraining_AndSaysWhatTrainingTakes()
    {
        using RunFixture run = new();
        CommandOutcome outcome = RunFixture.Command("run", run.Config, "--out", run.Out, "--json", "--dry-run");
        Assert.That(outcome.Code, Is.Zero, outcome.Error);
        using JsonDocument json = JsonDocument.Parse(outcome.Output);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(json.RootElement.GetProperty("parameters").GetInt64(), Is.GreaterThan(10_000));
            Assert.That(json.RootElement.GetProperty("tokens").GetInt64(), Is.EqualTo(3_000).Within(200));
            Assert.That(json.RootElement.GetProperty("steps").GetInt64(), Is.GreaterThan(5));
            Assert.That(json.RootElement.GetProperty("memoryBytes").GetInt64(), Is.GreaterThan(1 << 20));
            Assert.That(json.RootElement.GetProperty("seconds").GetDouble(), Is.GreaterThanOrEqualTo(0));
            Assert.That(Directory.Exists(run.At("run", "model")), Is.False);
        }
        Assert.That(run.Executed(), Is.EqualTo(new[] { "train", "evaluate", "export", "report" }), "the real run goes on from there");
    }

    [Test]
    public void DryRun_WithTeachers_CountsTheirTimeAndTrainsNone()
    {
        using RunFixture run = new();
        CommandOutcome outcome = RunFixture.Command("run", run.Config, "--out", run.Out, "--dry-run", "--set", "distillation={teachers: 2, rounds: 2}");
        Assert.That(outcome.Code, Is.Zero, outcome.Error);
        Assert.That(outcome.Output, Does.Contain("steps, after 4 teachers: about"));
        Assert.That(File.Exists(run.At("run", "stages", "teachers.json")), Is.False);
    }

    [Test]
    public void DryRun_WithUntil_IsRefused()
    {
        using RunFixture run = new();
        RunFixture.AssertFailure(run.Run("--dry-run", "--until", "ingest"), 2, run.Out, "--dry-run", "--until");
    }
}
