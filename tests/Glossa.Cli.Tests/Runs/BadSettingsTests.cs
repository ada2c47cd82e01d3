using NUnit.Framework;

namespace Glossa.Cli.Tests.Runs;

/// <summary>Wrong configurations, damaged models and run folders; one good run is shared.</summary>
[TestFixture]
internal sealed class BadSettingsTests
{
    private RunFixture _run = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _run = new RunFixture();
        CommandOutcome good = _run.Run();
        Assert.That(good.Code, Is.Zero, good.Error);
    }

    [OneTimeTearDown]
    public void TearDown() => _run.Dispose();

    private string Changed(string name, string before, string after)
    {
        string text = File.ReadAllText(_run.Config);
        Assert.That(text, Does.Contain(before));
        File.WriteAllText(_run.At(name), text.Replace(before, after, StringComparison.Ordinal));
        return _run.At(name);
    }

    private string Copy(string name, string from)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = _run.At(name, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return _run.At(name);
    }

    private static void CutInHalf(string file)
    {
        using FileStream stream = File.OpenWrite(file);
        stream.SetLength(stream.Length / 2);
    }

    [Test]
    public void Run_UnknownKeyInTheFile_NamesLineAndNearest()
    {
        string config = Changed("key.yaml", "vocabulary: 300", "vocabluary: 300");
        RunFixture.AssertFailure(RunFixture.Command("run", config, "--out", _run.At("key")), 2, _run.At("key"), "key.yaml:3", "unknown key 'tokenizer.vocabluary'", "did you mean 'vocabulary'?");
        Assert.That(Directory.Exists(_run.At("key")), Is.False);
    }

    [Test]
    public void Run_UnknownSection_NamesTheNearest() =>
        RunFixture.AssertFailure(RunFixture.Command("run", Changed("section.yaml", "languages: {method", "langauges: {method"), "--out", _run.At("section")), 2, _run.At("section"), "unknown key 'langauges'", "did you mean 'languages'?");

    [Test]
    public void Run_UnknownKeyOnTheCommandLine_NamesTheNearest() =>
        RunFixture.AssertFailure(_run.Run("--set", "exports.precisions=[fp32]"), 2, null, "unknown key 'exports'", "did you mean 'export'?");

    [TestCase("1", "99", "format 99", TestName = "Run_FolderOfALaterVersion_SaysWhatToDo")]
    [TestCase("1", "0", "format 0", TestName = "Run_FolderOfAnEarlierVersion_SaysWhatToDo")]
    public void Run_FolderOfAnotherVersion_SaysWhatToDo(string mine, string other, string words)
    {
        string folder = Copy("version" + other, _run.Out), config = Path.Combine(folder, "config.yaml");
        string text = File.ReadAllText(config), line = $"format: \"{mine}\"";
        Assert.That(text, Does.Contain(line));
        File.WriteAllText(config, text.Replace(line, $"format: \"{other}\"", StringComparison.Ordinal));
        Dictionary<string, string> before = KillTest.RunAudit.Hashes(folder);
        CommandOutcome outcome = RunFixture.Command("run", _run.Config, "--out", folder, "--fresh");
        RunFixture.AssertFailure(outcome, 2, null, config, words, "--out");
        Dictionary<string, string> after = KillTest.RunAudit.Hashes(folder);
        before.Remove(".lock-holder");
        after.Remove(".lock-holder");
        Assert.That(after, Is.EquivalentTo(before), "a folder of another version is left as it is");
    }

    [Test]
    public void Run_TruncatedGraph_SaysSo()
    {
        string graph = _run.At("cut.onnx");
        File.Copy(_run.At("run", "model", "onnx", "model.onnx"), graph);
        CutInHalf(graph);
        string config = Changed("graph.yaml", "model: {preset: nanochat, layers: 1, width: 32, context: 64}", "model: {graph: cut.onnx, context: 64}");
        RunFixture.AssertFailure(RunFixture.Command("run", config, "--out", _run.At("graph"), "--quiet"), 2, _run.At("graph"), graph, "damaged model file", "again");
    }

    [TestCase("model.onnx", "fp32")]
    [TestCase("model_quantized.onnx", "int8")]
    public void Evaluate_TruncatedModel_NamesTheFile(string file, string precision)
    {
        string folder = Copy("model-" + precision, _run.At("run", "model"));
        CutInHalf(Path.Combine(folder, "onnx", file));
        RunFixture.AssertFailure(RunFixture.Command("evaluate", folder, "--corpus", _run.At("corpus.csv"), "--precision", precision), 2, null, Path.Combine(folder, "onnx", file), "damaged model file", "again");
    }

    [TestCase("config.json")]
    [TestCase("tokenizer.json")]
    public void Evaluate_TruncatedJson_NamesTheFile(string file)
    {
        string folder = Copy("json-" + file, _run.At("run", "model"));
        CutInHalf(Path.Combine(folder, file));
        RunFixture.AssertFailure(RunFixture.Command("evaluate", folder, "--corpus", _run.At("corpus.csv")), 2, null, Path.Combine(folder, file));
    }

    [Test]
    public void Evaluate_ExportedModel_GivesTheReportsFigure()
    {
        CommandOutcome outcome = RunFixture.Command("evaluate", _run.At("run", "model"), "--corpus", _run.At("corpus.csv"), "--json");
        Assert.That(Mean(outcome.Output), Is.EqualTo(Mean(File.ReadAllText(_run.At("run", "report.json")))).Within(1e-4));
    }

    private static double Mean(string json)
    {
        using System.Text.Json.JsonDocument document = System.Text.Json.JsonDocument.Parse(json);
        return document.RootElement.GetProperty("bitsPerByte").GetProperty("mean").GetDouble();
    }
}
