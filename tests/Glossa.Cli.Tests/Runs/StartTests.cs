using System.Text.Json;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Runs;

/// <summary>Adding languages to a model that is already trained.</summary>
[TestFixture]
internal sealed class StartTests
{
    private RunFixture _run = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _run = new RunFixture();
        Assert.That(_run.Run("--set", "corpus.languages=[de, hi, sw]", "--set", "export.precisions=[fp32]").Code, Is.Zero);
    }

    [OneTimeTearDown]
    public void TearDown() => _run.Dispose();

    [Test]
    public void Run_StartAtRateZero_ScoresTheOldLanguagesAsBefore()
    {
        Dictionary<string, double> before = Figures(_run.Out), after = Figures(Continue("still", "curriculum.phases=[{name: all, tokens: 500, learningRate: 0}]"));
        Assert.That(before.Keys, Is.EquivalentTo(new[] { "de", "hi", "sw" }));
        Assert.That(after.Keys, Is.EquivalentTo(new[] { "de", "hi", "ru", "sw" }));
        foreach ((string language, double bits) in before) Assert.That(after[language], Is.EqualTo(bits).Within(1e-9), language);
    }

    [Test]
    public void Run_Start_LearnsTheNewLanguage()
    {
        double untrained = Figures(Continue("still", "curriculum.phases=[{name: all, tokens: 500, learningRate: 0}]"))["ru"];
        Assert.That(Figures(Continue("more", "curriculum.phases=[{name: all, tokens: 6000}]"))["ru"], Is.LessThan(untrained - 0.5));
    }

    [Test]
    public void Run_StartOfAnotherShape_NamesTheDifference() =>
        RunFixture.AssertFailure(Start(_run.Out, "wide", "model.width=64"), 2, _run.At("wide"), "hidden_size 32", "64");

    [Test]
    public void Run_StartFromNothing_SaysSo() =>
        RunFixture.AssertFailure(Start(_run.Folder, "none", "seed=7"), 2, _run.At("none"), "no exported model to start from", "model.start");

    private string Continue(string name, string curriculum)
    {
        CommandOutcome outcome = Start(_run.Out, name, curriculum);
        Assert.That(outcome.Code, Is.Zero, outcome.Error);
        return _run.At(name);
    }

    private CommandOutcome Start(string from, string name, string setting) => RunFixture.Command(
        ["run", _run.Config, "--out", _run.At(name), "--quiet", "--set", "model.start=" + from, "--set", setting, "--set", "optimizer.ema=0", "--set", "export.precisions=[fp32]"]);

    private static Dictionary<string, double> Figures(string run)
    {
        using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(run, "report.json")));
        return report.RootElement.GetProperty("languages").EnumerateArray().ToDictionary(l => l.GetProperty("language").GetString()!, l => l.GetProperty("bitsPerByte").GetDouble());
    }
}
