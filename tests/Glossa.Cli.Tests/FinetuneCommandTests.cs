using System.Text.Json;
using Glossa.Tests.Shared;
using NUnit.Framework;

namespace Glossa.Cli.Tests;

/// <summary>The commands around fine-tuning, from their arguments to what an old client opens.</summary>
[TestFixture]
internal sealed class FinetuneCommandTests
{
    private string _folder = "";

    private static string Fixture { get; } = Path.Combine(RepositoryRoot(), "tests", "fixtures", "hf-layout", "feature-extraction");

    private string Out => Path.Combine(_folder, "out");

    [SetUp]
    public void MakeCorpus()
    {
        _folder = Directory.CreateTempSubdirectory("glossa-").FullName;
        IEnumerable<string> rows = Enumerable.Range(0, 80).Select(i => $"{(i % 2 == 0 ? "en" : "de")},{(i < 64 ? "train" : "test")},{(i % 2 == 0 ? "the house is" : "das Haus ist")} number {i}");
        File.WriteAllLines(Path.Combine(_folder, "corpus.csv"), rows.Prepend("language,split,text"));
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Finetune_ThenDeltaApplyAndEvaluate_Agree()
    {
        (int code, string output, string error) = Finetune("--lora-rank", "2", "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument report = JsonDocument.Parse(output);
        double accuracy = report.RootElement.GetProperty("test").GetProperty("accuracy").GetDouble();
        Assert.That(report.RootElement.GetProperty("method").GetString(), Is.EqualTo("lora"));

        string merged = Path.Combine(_folder, "merged");
        Assert.That(Run("delta", "apply", Fixture, Out, "--out", merged, "--json").Code, Is.Zero);
        (code, output, error) = Run("evaluate", merged, "--corpus", Path.Combine(_folder, "corpus.csv"), "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument evaluation = JsonDocument.Parse(output);
        Assert.That(evaluation.RootElement.GetProperty("classification").GetProperty("accuracy").GetDouble(), Is.EqualTo(accuracy));
    }

    [TestCase("glossa: error: --lr: 'fast' is no number; write it as 0.01, 5e-5 or 0.5%", "--lr", "fast")]
    [TestCase("glossa: error: --sparse is 2; give a share above 0, such as 0.5%", "--sparse", "200%")]
#if !ONNXRUNTIME_TRAINING
    [TestCase("glossa: error: --engine ort-training needs an ONNX Runtime with the training API, which this build has not; build glossa with -p:OnnxRuntime=Training, or use cpu", "--engine", "ort-training")]
#endif
    [TestCase("glossa: error: --lora-alpha does nothing without --lora-rank; give a rank, such as --lora-rank 8", "--lora-alpha", "16")]
    [TestCase("glossa: error: --pooling: 'men' is not one of mean, first; did you mean 'mean'?", "--pooling", "men")]
    [TestCase("glossa: error: --train-texts: expected a whole number of at least 1, found 0", "--train-texts", "0")]
    public void Finetune_WrongArgument_IsOneLineAndCode2(string message, params string[] arguments)
    {
        (int code, _, string error) = Finetune(arguments);
        Assert.That((code, error.TrimEnd()), Is.EqualTo((2, message)));
    }

    [Test]
    public void Finetune_UnknownTask_NamesTheNearest()
    {
        (int code, _, string error) = Run("finetune", Fixture, "--corpus", "x.csv", "--task", "classificaton", "--out", Out);
        Assert.That((code, error.TrimEnd()), Is.EqualTo((2, "glossa: error: --task: unknown task 'classificaton'; did you mean 'classification'?")));
    }

    [Test]
    public void Delta_FileThatIsNone_SaysSo()
    {
        (int code, _, string error) = Run("delta", "apply", Fixture, Path.Combine(Fixture, "config.json"), "--out", Out);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    // The client itself, with its 474 MB, is no part of the repository: npm install in the tool's folder makes this test run.
    [Test]
    public void Finetune_Folder_OpensInTransformersJs()
    {
        NodePackage tool = NodePackage.Find("GLOSSA_TRANSFORMERS_JS", "@huggingface/transformers", "shared", "tools", "open-in-transformers-js");
        Assert.That(Finetune("--quiet").Code, Is.Zero);
        (int code, string output, string error) = tool.Run("check.mjs", Out, "text-classification", "fp32", "--text", "das Haus ist rot", "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument result = JsonDocument.Parse(output);
        JsonElement scores = result.RootElement.GetProperty("scores");
        Assert.That(scores.GetProperty("de").GetDouble() + scores.GetProperty("en").GetDouble(), Is.EqualTo(1).Within(1e-4));
        Assert.That(scores.GetProperty("de").GetDouble(), Is.GreaterThan(0.5));
    }

    private (int Code, string Output, string Error) Finetune(params string[] more) => Run(
    [
        "finetune", Fixture, "--corpus", Path.Combine(_folder, "corpus.csv"), "--task", "classification", "--label", "language", "--out", Out,
        "--epochs", "12", "--batch", "8", "--max-length", "16", .. more.Contains("--lr") ? (string[])[] : ["--lr", "5e-3"], .. more,
    ]);

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = CommandLine.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private static string RepositoryRoot() => Ancestors().First(folder => File.Exists(Path.Combine(folder, "Pipeline.sln")));

    private static IEnumerable<string> Ancestors()
    {
        for (DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent) yield return folder.FullName;
    }
}
