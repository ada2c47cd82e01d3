using System.Text.Json;
using NUnit.Framework;

namespace Glossa.Cli.Tests;

/// <summary>The whole pipeline on a small corpus, through the command.</summary>
[TestFixture]
internal sealed class WholeRunTests
{
    private TrialRun _small = null!;
    private JsonElement _first;

    [OneTimeSetUp]
    public void RunOnce()
    {
        _small = new TrialRun();
        _first = Json(_small.Run("run", "--json"));
    }

    [OneTimeTearDown]
    public void TearDown() => _small.Dispose();

    private static JsonElement Json(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = CommandLine.Run(args, output, error);
        Assert.That(code, Is.Zero, output.ToString() + error);
        using JsonDocument document = JsonDocument.Parse(output.ToString());
        return document.RootElement.Clone();
    }

    private static string[] Worked(JsonElement run) =>
        [.. run.GetProperty("stages").EnumerateArray().Where(stage => !stage.GetProperty("cached").GetBoolean()).Select(stage => stage.GetProperty("name").GetString()!)];

    [Test]
    public void Run_New_WritesEveryFile()
    {
        string[] files =
        [
            "config.yaml", "report.json", "report.html", "README.md", "model/config.json", "model/tokenizer.json", "model/tokenizer_config.json",
            "model/generation_config.json", "model/onnx/model.onnx", "model/onnx/model_quantized.onnx", "stages/train.json",
        ];
        Assert.That(files.Where(file => !File.Exists(Path.Combine(_small.At("run"), file))), Is.Empty);
        Assert.That(Worked(_first), Has.Length.EqualTo(9));
    }

    [Test]
    public void Run_Again_ExecutesNothing() => Assert.That(Worked(Json(_small.Run("run", "--json"))), Is.Empty);

    [Test]
    public void Run_ChangedExportSetting_ExecutesExportAndReportOnly()
    {
        string[] worked = Worked(Json(_small.Run("run", "--json", "--set", "export.gates.int8=0.3")));
        Assert.That(worked, Is.EqualTo(new[] { "export", "report" }));
    }

    [Test]
    public void Evaluate_ExportedFolder_GivesTheFigureOfTheReport()
    {
        JsonElement evaluation = Json("evaluate", _small.At("run/model"), "--corpus", _small.Corpus, "--json");
        double expected = _first.GetProperty("bitsPerByte").GetProperty("mean").GetDouble();
        Assert.That(evaluation.GetProperty("bitsPerByte").GetProperty("mean").GetDouble(), Is.EqualTo(expected).Within(1e-4));
        Assert.That(evaluation.GetProperty("languages").GetArrayLength(), Is.EqualTo(8));
    }

    [Test]
    public void Generate_Prompt_GivesTheSameTextTwice()
    {
        string[] args = ["generate", _small.At("run/model"), "Everyone has", "--language", "en", "--max-tokens", "16", "--temperature", "1", "--json"];
        string text = Json(args).GetProperty("text").GetString()!;
        Assert.That(text, Is.Not.Empty);
        Assert.That(Json(args).GetProperty("text").GetString(), Is.EqualTo(text));
    }

    [Test]
    public void Compare_WithItself_Passes()
    {
        JsonElement comparison = Json("compare", _small.At("run"), _small.At("run/report.json"), "--out", _small.At("compared"), "--json");
        Assert.That(comparison.GetProperty("passed").GetBoolean(), Is.True);
        Assert.That(File.Exists(_small.At("compared/comparison.json")) && File.Exists(_small.At("compared/comparison.md")), Is.True);
    }

    [Test]
    public void Compare_WithABetterReport_Fails()
    {
        string report = File.ReadAllText(_small.At("run/report.json"));
        string mean = _first.GetProperty("bitsPerByte").GetProperty("mean").GetRawText();
        File.WriteAllText(_small.At("better.json"), report.Replace(mean, "1.25"));
        using StringWriter output = new();
        Assert.That(CommandLine.Run(["compare", _small.At("better.json"), _small.At("run")], output, TextWriter.Null), Is.EqualTo(1));
        Assert.That(output.ToString(), Does.StartWith("failed:"));
    }

    [Test]
    public void SelectLanguages_SmallCorpus_GivesReasons()
    {
        JsonElement selection = Json("languages", "select", "--corpus", _small.Corpus, "--count", "3", "--json");
        Assert.That(selection.GetProperty("Picks").GetArrayLength(), Is.EqualTo(3));
        using StringWriter output = new();
        Assert.That(CommandLine.Run(["languages", "select", "--corpus", _small.Corpus, "--count", "3"], output, TextWriter.Null), Is.Zero);
        Assert.That(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(3));
    }
}
