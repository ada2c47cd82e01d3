using System.Security.Cryptography;
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

    [Test]
    public void Finetune_UnseenLanguage_SeesTheSequencesThatEvaluateScores()
    {
        string model = _run.At("run", "model"), corpus = ShortTexts("ru"), hash = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(model, "onnx", "model.onnx"))));
        CommandOutcome tuned = RunFixture.Command("finetune", model, "--corpus", corpus, "--task", "causal-lm", "--lora-rank", "1", "--epochs", "12", "--batch", "4", "--lr", "1e-2", "--threads", "2", "--quiet", "--out", _run.At("ru"));
        Assert.That(tuned.Code, Is.Zero, tuned.Error);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(_run.At("ru", "report.json")));
        JsonElement loss = report.RootElement.GetProperty("loss");
        (double before, double perNat) = Evaluate(model, corpus);
        double after = Evaluate(_run.At("ru"), corpus).BitsPerByte;
        Assert.That(loss.GetProperty("testBefore").GetDouble() * perNat, Is.EqualTo(before).Within(1e-4));
        Assert.That(loss.GetProperty("testAfter").GetDouble() * perNat, Is.EqualTo(after).Within(1e-4));
        Assert.That(after, Is.LessThan(before * 0.95));

        // The base stays what it was, and serves beside the merged folder.
        Assert.That(Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(model, "onnx", "model.onnx")))), Is.EqualTo(hash));
        CommandOutcome applied = RunFixture.Command("delta", "apply", model, _run.At("ru", "delta.safetensors"), "--out", _run.At("both"));
        Assert.That(applied.Code, Is.Zero, applied.Error);
        Assert.That(File.ReadAllBytes(_run.At("both", "onnx", "model.onnx")), Is.EqualTo(File.ReadAllBytes(_run.At("ru", "onnx", "model.onnx"))));
        CommandOutcome text = RunFixture.Command("generate", _run.At("both"), "Все", "--max-tokens", "8");
        Assert.That(text.Code, Is.Zero, text.Error);
    }

    // So short that a window holds each whole.
    private string ShortTexts(string language)
    {
        string path = _run.At(language + ".csv");
        string[] words = ["все", "люди", "право", "и", "не", "каждый", "имеет", "на"];
        File.WriteAllText(path, "language,split,text\n" + string.Concat(Enumerable.Range(0, 90).Select(i =>
            $"{language},{(i % 3 == 2 ? "test" : "train")},{words[i % 8]} {words[i / 8 % 8]} {words[i / 5 % 7]}\n")));
        return path;
    }

    private static (double BitsPerByte, double BitsPerByteOfANat) Evaluate(string model, string corpus)
    {
        CommandOutcome outcome = RunFixture.Command("evaluate", model, "--corpus", corpus, "--json");
        Assert.That(outcome.Code, Is.Zero, outcome.Error);
        using JsonDocument json = JsonDocument.Parse(outcome.Output);
        JsonElement language = json.RootElement.GetProperty("languages")[0];
        return (language.GetProperty("bitsPerByte").GetDouble(), language.GetProperty("tokens").GetDouble() / language.GetProperty("bytes").GetDouble() / Math.Log(2));
    }

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
