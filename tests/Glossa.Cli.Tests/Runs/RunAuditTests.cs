using Glossa.KillTest;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Runs;

/// <summary>The auditor of killed runs has to see damage, or the kill test proves nothing.</summary>
[TestFixture]
internal sealed class RunAuditTests
{
    private RunFixture _run = null!;

    [SetUp]
    public void SetUp()
    {
        _run = new RunFixture();
        Assert.That(_run.Run().Code, Is.Zero);
        Assert.That(RunAudit.AfterEnd(_run.Out), Is.Empty);
    }

    [TearDown]
    public void TearDown() => _run.Dispose();

    [Test]
    public void AfterKill_DamagedFiles_AreNamed()
    {
        string stored = Directory.EnumerateFiles(_run.At("run", ".store"), "tokens.bin", SearchOption.AllDirectories).Single();
        File.WriteAllBytes(stored, File.ReadAllBytes(stored)[..^1]);
        File.Delete(_run.At("run", "model", "config.json"));
        File.WriteAllText(_run.At("run", "report.json"), "{");
        IReadOnlyList<string> faults = RunAudit.AfterKill(_run.Out);
        Assert.That(faults, Has.Count.EqualTo(3));
        Assert.That(faults, Has.Exactly(1).Contains("not those of the manifest").And.Exactly(1).Contains("finished export").And.Exactly(1).Contains("half-written JSON"));
    }

    [Test]
    public void AfterEnd_Leftovers_AreNamed()
    {
        File.WriteAllText(_run.At("run", "report.html.12.partial"), "");
        Directory.Delete(_run.At("run", "checkpoints"), recursive: true);
        Assert.That(RunAudit.AfterEnd(_run.Out), Has.Count.EqualTo(2).And.Exactly(1).Contains("left behind").And.Exactly(1).Contains("checkpoints: missing"));
    }
}
