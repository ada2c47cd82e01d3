using System.Text.Json;
using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Cli.Tests.Models;

[TestFixture]
internal sealed class GradientsCommandTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("glossa-gradients-").FullName;

    [TearDown]
    public void DropFolder() => Directory.Delete(_folder, recursive: true);

    private string Out => Path.Combine(_folder, "step.onnx");

    private static string Qwen
    {
        get
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                string path = Path.Combine(folder.FullName, "tests", "fixtures", "hf", "qwen2-leftpad-torchscript", "model.onnx");
                if (File.Exists(path)) return path;
            }
            throw new FileNotFoundException("tests/fixtures/hf");
        }
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = CommandLine.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Gradients_ExportedGraph_WritesAStepThatTheRuntimeLoads(bool fused)
    {
        (int code, string output, string error) = Run(["gradients", Qwen, "--loss", "causal-lm", "--out", Out, "--accumulate", "--json", .. fused ? ["--fused"] : (string[])[]]);
        Assert.That(code, Is.Zero, error);
        using JsonDocument json = JsonDocument.Parse(output);
        string[] parameters = [.. json.RootElement.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()!)];
        ModelProto step = OnnxFile.Read(Out);
        Assert.That(step.Graph.Input.Select(input => input.Name), Is.EqualTo(
            (string[])["input_ids", "attention_mask", "labels", .. parameters, .. parameters.Select(StepModel.Accumulator)]));
        Assert.That(step.Graph.Output.Select(o => o.Name), Is.EqualTo((string[])["loss", .. parameters.Select(StepModel.Gradient)]));
        Assert.That(step.Graph.Input.Take(3).SelectMany(input => input.Type.TensorType.Shape.Dim).Select(dim => dim.DimParam), Has.All.Not.Empty, "axes stay dynamic");
        Assert.That(step.MetadataProps.First(entry => entry.Key == "tied.model.embed_tokens.weight").Value, Is.EqualTo("onnx::MatMul_779^T"));
        Assert.That(step.MetadataProps.First(entry => entry.Key == "loss").Value, Is.EqualTo("causal-lm"));
        if (!fused) Assert.That(step.OpsetImport.Select(import => import.Domain), Is.EqualTo((string[])[""]));
        using InferenceSession session = new(Out);
        Assert.That(session.InputMetadata, Contains.Key("labels"));
    }

    [Test]
    public void Gradients_FrozenPattern_StaysInside()
    {
        Assert.That(Run("gradients", Qwen, "--loss", "causal-lm", "--out", Out, "--freeze", "model.embed*", "*bias").Code, Is.Zero);
        ModelProto step = OnnxFile.Read(Out);
        Assert.That(step.Graph.Output.Select(output => output.Name), Has.None.Contains("embed").And.None.EndsWith("bias"));
        Assert.That(step.Graph.Initializer.Select(tensor => tensor.Name), Does.Contain("model.embed_tokens.weight"));
    }

    [TestCase("no such model file", "missing.onnx", "--loss", "mse")]
    [TestCase("found a folder", ".", "--loss", "mse")]
    [TestCase("unknown loss 'casual-lm'; did you mean 'causal-lm'?", "good.onnx", "--loss", "casual-lm")]
    [TestCase("the graph has no output 'logit'; did you mean 'logits'?", "good.onnx", "--loss", "mse", "--output", "logit")]
    [TestCase("reads an output [batch, sequence, classes], 'logits' is [batch, 4]", "good.onnx", "--loss", "causal-lm")]
    [TestCase("no trainable initializer reaches the loss", "good.onnx", "--loss", "mse", "--freeze", "*")]
    [TestCase("operator Det has no gradient rule (node 'odd')", "det.onnx", "--loss", "custom")]
    [TestCase("called 'loss'", "loss.onnx", "--loss", "mse")]
    [TestCase("the graph has an input 'labels' of Float [batch], the loss needs Int64 [batch]", "labels.onnx", "--loss", "sequence-classification")]
    public void Gradients_BadInput_IsOneClearLine(string expected, string file, params string[] options)
    {
        OnnxFile.Write(Path.Combine(_folder, "good.onnx"), Forward("x", null));
        OnnxFile.Write(Path.Combine(_folder, "loss.onnx"), Forward("loss", null));
        OnnxFile.Write(Path.Combine(_folder, "labels.onnx"), Forward("x", "labels"));
        OnnxFile.Write(Path.Combine(_folder, "det.onnx"), Determinant());
        (int code, _, string error) = Run(["gradients", Path.Combine(_folder, file), "--out", Out, .. options]);
        Assert.That(code, Is.EqualTo(2), error);
        Assert.That(error.TrimEnd(), Does.Contain(expected).And.Not.Contain("\n").And.Not.Contain("   at "));
        Assert.That(File.Exists(Out), Is.False);
    }

    private static ModelProto Forward(string input, string? extra)
    {
        GraphBuilder g = new(new GraphProto { Name = "forward" });
        Value x = g.Input(input, DataType.Float, "batch", 3);
        if (extra is not null) g.Input(extra, DataType.Float, "batch");
        Value weight = g.Initializer(OnnxFactory.Tensor("layer.weight", [3, 4], [.. Enumerable.Range(0, 12).Select(i => i / 7f)]));
        g.Output(g.MatMul(x, weight, "logits"), DataType.Float, "batch", 4);
        return Model(g);
    }

    private static ModelProto Determinant()
    {
        GraphBuilder g = new(new GraphProto { Name = "forward" });
        Value x = g.Input("x", DataType.Float, 3, 3);
        Value weight = g.Initializer(OnnxFactory.Tensor("layer.weight", [3, 3], [.. Enumerable.Range(0, 9).Select(i => i / 7f)]));
        g.Output(g.Op("Det", [g.MatMul(x, weight)], "odd"), DataType.Float);
        return Model(g);
    }

    private static ModelProto Model(GraphBuilder g)
    {
        ModelProto model = new() { IrVersion = 10, Graph = g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 21 });
        return model;
    }

    [Test]
    public void Verify_StoredReference_PrintsATableAndPasses()
    {
        (int code, string output, string error) = Run("verify", Path.GetDirectoryName(Qwen)!);
        Assert.That(code, Is.Zero, error);
        Assert.That(output, Does.Contain("gradients").And.Contain("1.0E-5 ok").And.Contain("they are trained as one").And.EndWith($"passed{Environment.NewLine}"));
    }

    [Test]
    public void Verify_ReferenceOfAnotherModel_FailsWithExitCodeOne()
    {
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Qwen)!)) File.WriteAllBytes(Path.Combine(_folder, Path.GetFileName(file)), File.ReadAllBytes(file));
        ModelProto model = OnnxFile.Read(Path.Combine(_folder, "model.onnx"));
        TensorProto gain = model.Graph.Initializer.First(tensor => tensor.Name == "model.norm.weight");
        float[] values = OnnxFactory.Floats(gain);
        values[0] *= 1.1f;
        model.Graph.Initializer[model.Graph.Initializer.IndexOf(gain)] = OnnxFactory.Tensor(gain.Name, [.. gain.Dims], values);
        OnnxFile.Write(Path.Combine(_folder, "model.onnx"), model);
        (int code, string output, _) = Run("verify", _folder, "--json");
        Assert.That(code, Is.EqualTo(1));
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.That(json.RootElement.GetProperty("passed").GetBoolean(), Is.False);
    }

    [TestCase("no such folder", "nowhere")]
    [TestCase("the folder holds no model.onnx", "empty")]
    public void Verify_NothingToVerify_IsAnInputError(string expected, string name)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
        (int code, _, string error) = Run("verify", Path.Combine(_folder, name));
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.Contain(expected));
    }
}
