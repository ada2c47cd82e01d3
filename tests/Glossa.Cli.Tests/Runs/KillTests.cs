using Glossa.KillTest;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Runs;

/// <summary>A small form of tools/Glossa.KillTest; the whole one kills twenty times.</summary>
[TestFixture]
internal sealed class KillTests
{
    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("glossa-kill-").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Run_KilledAndResumed_EndsWithTheSameBits()
    {
        using StringWriter lines = new();
        KillCampaign campaign = new(FourLanguageRun.Write(_folder, 450_000), _folder, lines);
        KillMoment[] plan = [new("tokenizer", 0.5), new("train", 0.5), new("train", 0.4), new("export", 0.5)];
        bool same = campaign.Run(plan, separate: false);
        TestContext.Out.WriteLine(lines);
        Assert.That(same, Is.True, lines.ToString());
    }

    [Test]
    public void Draw_SameSeed_GivesTheSameMomentsInTheOrderOfARun()
    {
        IReadOnlyList<KillMoment> plan = KillPlan.Draw(5, 20);
        Assert.That(KillPlan.Draw(5, 20), Is.EqualTo(plan));
        Assert.That(KillPlan.Draw(6, 20), Is.Not.EqualTo(plan));
        Assert.That(plan.Select(moment => KillPlan.Order(moment.Stage)), Is.Ordered);
        Assert.That(plan.Select(moment => moment.Stage).Distinct(), Is.EquivalentTo(KillPlan.Places));
        Assert.That(plan.Count(moment => moment.Stage == KillPlan.Training), Is.EqualTo(10));
    }
}
