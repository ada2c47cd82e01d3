using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Study.Cells;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study.Cells;

[TestFixture]
internal sealed class CellSettingsTests
{
    private static SortedDictionary<string, string> Of(long? scored, params string[] overrides) =>
        CellSettings.Of(ConfigReader.Load(null, overrides).Config, CellStages.Measured(scored), _ => "hash");

    [TestCase("engine.threads=7")]
    [TestCase("engine.checkpointSeconds=1")]
    [TestCase("export.precisions=[int4]")]
    [TestCase("evaluation.split=valid")]
    [TestCase("evaluation.baseline=false")]
    public void Of_SettingThatMovesNoFigure_IsTheSame(string setting) => Assert.That(Of(null, setting), Is.EqualTo(Of(null)));

    [TestCase("seed=2")]
    [TestCase("optimizer.ema=0.9")]
    [TestCase("distillation.teachers=2")]
    [TestCase("curriculum.phases.1.tokens=5")]
    [TestCase("evaluation.window=64")]
    [TestCase("corpus.trainBytesPerLanguage=5")]
    public void Difference_SettingThatMovesFigures_IsNamed(string setting) =>
        Assert.That(CellSettings.Difference(Of(null), Of(null, setting)), Is.EqualTo(setting[..setting.IndexOf('=', StringComparison.Ordinal)]));

    [Test]
    public void Difference_ScoredBytes_IsNamed() => Assert.That(CellSettings.Difference(Of(null), Of(1000)), Is.EqualTo("scoredBytesPerLanguage"));

    [Test]
    public void Of_Files_CountByTheirContent()
    {
        using TemporaryFolder folder = new();
        RunConfig config = ConfigReader.Load(null, [$"corpus.path={folder.Write("a.csv", "x")}"]).Config;
        SortedDictionary<string, string> settings = CellSettings.Of(config, CellStages.Measured(null), file => file.Path.Contains("a.csv", StringComparison.Ordinal) ? "one" : "two");
        Assert.That(settings["file corpus"], Is.EqualTo("one"));
        Assert.That(settings.Values.Where(value => value.Contains(folder.Path, StringComparison.Ordinal)), Is.Empty, "results name no place on this machine");
    }

    [Test]
    public void Difference_SettingThatCameLater_CountsAsItsDefault()
    {
        SortedDictionary<string, string> finished = Of(null);
        finished.Remove("optimizer.ema");
        finished.Remove("optimizer.groups");
        finished.Remove("curriculum.phases.1.learningRate");
        Assert.That(CellSettings.Difference(finished, Of(null)), Is.Null);
        Assert.That(CellSettings.Difference(finished, Of(null, "optimizer.ema=0.5")), Is.EqualTo("optimizer.ema"));
    }

    [Test]
    public void Of_StageThatIsNotNeeded_IsNotAmongThem()
    {
        Assert.That(Of(null).Keys, Does.Contain("stage train").And.Not.Contain("stage teachers"), "cells of studies that are older stay valid");
        Assert.That(Of(null, "distillation.teachers=2").Keys, Does.Contain("stage teachers"));
    }

    [Test]
    public void Difference_SettingThatIsGone_IsNamed()
    {
        SortedDictionary<string, string> finished = Of(null);
        finished["optimizer.gone"] = "1";
        Assert.That(CellSettings.Difference(finished, Of(null)), Is.EqualTo("optimizer.gone"));
    }

    [Test]
    public void Difference_StageOfAnotherVersion_IsNamed()
    {
        SortedDictionary<string, string> finished = Of(null);
        finished["stage train"] = "0";
        Assert.That(CellSettings.Difference(finished, Of(null)), Is.EqualTo("stage train"));
    }

    [TestCase("optimizer.ema", "0")]
    [TestCase("curriculum.phases.5.languages", "all")]
    [TestCase("optimizer.groups.0.kind", "adamw")]
    [TestCase("optimizer.groups", "[]")]
    [TestCase("corpus.trainBytesPerLanguage", null)]
    [TestCase("optimizer.nothing", null)]
    [TestCase("file corpus", null)]
    public void DefaultOf_Key_IsTheRecords(string key, string? expected) => Assert.That(SettingDefaults.Of(key), Is.EqualTo(expected));
}
