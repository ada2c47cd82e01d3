using System.Text.Json;
using Glossa.Models.Export;
using Glossa.Models.OrtTraining;
using NUnit.Framework;

namespace Glossa.Cli.Tests;

/// <summary><c>glossa artifacts</c> and <c>glossa artifacts merge</c> from the command line.</summary>
public sealed class ArtifactsCommandTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("glossa-artifacts-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    private static string Forward
    {
        get
        {
            DirectoryInfo? root = new(AppContext.BaseDirectory);
            while (root is not null && !File.Exists(Path.Combine(root.FullName, "Pipeline.sln"))) root = root.Parent;
            return Path.Combine(root!.FullName, "tests", "fixtures", "ort-training", "mlp-adamw", "forward.onnx");
        }
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new(), error = new();
        int code = CommandLine.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    [Test]
    public void Artifacts_OfAGraph_AreWrittenAndMergeBack()
    {
        (int code, string output, string error) = Run("artifacts", Forward, "--loss", "cross-entropy", "--out", _folder, "--freeze", "fc1*", "--clip", "1", "--epsilon", "1e-8", "--nominal", "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.That(json.RootElement.GetProperty("trainable").GetArrayLength(), Is.EqualTo(4));
        Assert.That(json.RootElement.GetProperty("frozen").EnumerateArray().Select(name => name.GetString()), Is.EqualTo((string[])["fc1.weight", "fc1.bias"]));
        Assert.That(Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal), Is.EqualTo((string[])["checkpoint", "eval_model.onnx", "nominal_checkpoint", "optimizer_model.onnx", "training_model.onnx"]));
        Assert.That(ArtifactFolder.Read(_folder).Optimizer.Graph.Node.Select(node => node.OpType), Is.EqualTo((string[])["InplaceClipGradNorm", "AdamWOptimizer"]));

        string merged = Path.Combine(_folder, "merged.onnx");
        (code, output, error) = Run("artifacts", "merge", Forward, Path.Combine(_folder, "checkpoint"), "--out", merged);
        Assert.That((code, output), Is.EqualTo((0, $"{merged}: 6 parameters from {Path.Combine(_folder, "checkpoint")}{Environment.NewLine}")), error);
        Assert.That(OnnxFile.Read(merged), Is.EqualTo(OnnxFile.Read(Forward)));
    }

    [TestCase("unknown optimizer 'adam'", "--optimizer", "adam")]
    [TestCase("--adam-mode is 2", "--adam-mode", "2")]
    [TestCase("the weight decay is 0.1", "--optimizer", "sgd", "--weight-decay", "0.1")]
    [TestCase("no parameter matches the pattern 'fc9*'", "--freeze", "fc9*")]
    public void Artifacts_WrongOption_WritesNothingAndSaysWhy(string expected, params string[] options)
    {
        (int code, _, string error) = Run(["artifacts", Forward, "--loss", "cross-entropy", "--out", _folder, .. options]);
        Assert.That((code, error.TrimEnd().Split('\n').Length), Is.EqualTo((2, 1)), error);
        Assert.That(error, Does.Contain(expected));
        Assert.That(Directory.GetFileSystemEntries(_folder), Is.Empty);
    }

    [Test]
    public void Merge_OfNoCheckpoint_SaysSo()
    {
        (int code, _, string error) = Run("artifacts", "merge", Forward, Forward, "--out", Path.Combine(_folder, "merged.onnx"));
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.Contain("this is no checkpoint of ONNX Runtime Training"));
    }
}
