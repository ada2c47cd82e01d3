using System.Text.Json;
using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using NUnit.Framework;

namespace Glossa.Cli.Tests;

/// <summary><c>glossa optimize</c> on folders that real clients open, and on what it refuses.</summary>
[TestFixture]
public sealed class OptimizeCommandTests
{
    private string _folder = "";

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("glossa-optimize-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestCase("fill-mask")]
    [TestCase("text-generation-gpt2")]
    [TestCase("text-generation-llama")]
    public void Optimize_Folder_WritesEveryPrecisionInTheLayoutOfClients(string name)
    {
        (int code, string output, string error) = Run("optimize", Layout(name), "--out", _folder, "--precision", "fp32,fp16,int8,int4", "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement root = json.RootElement;
        Assert.That(root.GetProperty("nodesAfter").GetInt32(), Is.LessThan(root.GetProperty("nodesBefore").GetInt32()));
        Assert.That(root.GetProperty("passes").GetProperty("attention").GetInt32(), Is.EqualTo(2));
        Assert.That(root.GetProperty("files").EnumerateArray().Select(file => Path.GetFileName(file.GetProperty("file").GetString())),
            Is.EqualTo(new[] { "model.onnx", "model_fp16.onnx", "model_quantized.onnx", "model_q4.onnx" }));
        Assert.That(root.GetProperty("files")[0].GetProperty("difference").GetDouble(), Is.LessThan(1e-5));
        Assert.That(Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName), Does.Contain("config.json").And.Contain("onnx").And.Not.Contain(".optimizing"));
    }

    [Test]
    public void Optimize_GroupQuery_EqualsTheOriginalWithAndWithoutPast()
    {
        (int code, _, string error) = Run("optimize", Path.Combine(Layout("text-generation-llama"), "onnx", "model.onnx"), "--out", _folder, "--attention", "group-query", "--tolerance", "1e-5");
        Assert.That(code, Is.Zero, error);
        ModelProto model = OnnxFile.Read(Path.Combine(_folder, "model.onnx"));
        Assert.That(model.Graph.Node.Count(node => node.OpType == "GroupQueryAttention"), Is.EqualTo(2));
    }

    [Test]
    public void Optimize_SinglePass_RunsWhatItNeedsAndNothingElse()
    {
        (int code, string output, string error) = Run("optimize", Layout("fill-mask"), "--out", _folder, "--passes", "gelu", "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.That(json.RootElement.GetProperty("passes").EnumerateObject().Select(pass => pass.Name), Is.EqualTo(new[] { "fold", "inert", "gelu" }));
        Assert.That(OnnxFile.Read(Path.Combine(_folder, "onnx", "model.onnx")).Graph.Node.Count(node => node.OpType == "Gelu"), Is.EqualTo(3));
    }

    [Test]
    public void Optimize_NoPassNamed_LeavesOutTheOptionalOnes()
    {
        (int code, string output, string error) = Run("optimize", Layout("fill-mask"), "--out", _folder, "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.That(json.RootElement.GetProperty("passes").EnumerateObject().Select(pass => pass.Name), Has.Member("attention").And.Not.Member("skip-norm"));
        Assert.That(OnnxFile.Read(Path.Combine(_folder, "onnx", "model.onnx")).Graph.Node.Select(node => node.OpType), Has.Member("LayerNormalization").And.Not.Member("SkipLayerNormalization"));
    }

    [Test]
    public void Optimize_BeyondTheTolerance_WritesNothingAndNamesTheWorst()
    {
        (int code, string line) = Error("optimize", Layout("fill-mask"), "--out", Path.Combine(_folder, "out"), "--precision", "int8", "--tolerance", "1e-4");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(line, Does.Contain("int8: the output 'logits' is off by").And.Contain("the layer that loses most is '"));
        Assert.That(Directory.Exists(Path.Combine(_folder, "out", "onnx")), Is.False);
    }

    [TestCase("hf-layout/fill-mask/onnx", "MultiHeadAttention,SkipLayerNormalization,BiasGelu")]
    [TestCase("hf-layout/text-generation-llama/onnx", "MultiHeadAttention,SkipSimplifiedLayerNormalization,RotaryEmbedding")]
    [TestCase("hf/llama-dynamo23", "Attention,RMSNormalization")]
    public void Optimize_FusedModel_IsQuantized(string folder, string operators)
    {
        string fused = Path.Combine(_folder, "fused");
        (int code, _, string error) = Run("optimize", Path.Combine(Fixtures, folder, "model.onnx"), "--out", fused, "--passes", "default,skip-norm");
        Assert.That(code, Is.Zero, error);
        Assert.That(operators.Split(','), Is.SubsetOf(OnnxFile.Read(Path.Combine(fused, "model.onnx")).Graph.Node.Select(node => node.OpType)));
        (code, string output, error) = Run("optimize", Path.Combine(fused, "model.onnx"), "--out", _folder, "--precision", "fp16,int8,int4", "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument json = JsonDocument.Parse(output);
        double[] differences = [.. json.RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("difference").GetDouble())];
        Assert.That(differences[0], Is.InRange(1e-6, 3e-3));
        Assert.That(differences[1], Is.InRange(1e-3, 0.07));
        Assert.That(differences[2], Is.InRange(1e-2, 0.45));
        Assert.That(OnnxFile.Read(Path.Combine(_folder, "model_quantized.onnx")).Graph.Node.Count(node => node.OpType == "MatMulInteger"), Is.GreaterThan(12));
    }

    [Test]
    public void Optimize_TargetLoss_WritesTheSmallestMixedFileWithinIt()
    {
        string texts = Path.Combine(_folder, "texts.txt");
        File.WriteAllLines(texts, Enumerable.Range(0, 40).Select(i => $"Open the file number {i} and save {i * 7} of its pages."));
        (int code, string output, string error) = Run("optimize", Layout("text-classification"), "--out", _folder, "--precision", "int8,int4", "--calibration", texts, "--target-loss", "0.03", "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement int8 = json.RootElement.GetProperty("files")[0], int4 = json.RootElement.GetProperty("files")[1];
        Assert.That(int4.GetProperty("loss").GetDouble(), Is.LessThanOrEqualTo(0.03));
        Assert.That(int4.GetProperty("plan").EnumerateObject().Select(weight => weight.Value.GetString()).Distinct(), Has.Member("int4").And.Member("int8"));
        Assert.That(int4.GetProperty("bytes").GetInt64(), Is.LessThan(int8.GetProperty("bytes").GetInt64()));
        Assert.That(int8.TryGetProperty("plan", out _), Is.False);
    }

    [TestCase("fill-mask")]
    [TestCase("text-generation-gpt2")]
    public void Optimize_StaticInt8_FixesEveryRangeAndStaysClose(string name)
    {
        string texts = Path.Combine(_folder, "texts.txt");
        File.WriteAllLines(texts, Enumerable.Range(0, 40).Select(i => $"Open the file number {i} and save {i * 7} of its pages."));
        (int code, string output, string error) = Run("optimize", Layout(name), "--out", _folder, "--precision", "int8-static,int8", "--calibration", texts, "--json");
        Assert.That(code, Is.Zero, error);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement[] files = [.. json.RootElement.GetProperty("files").EnumerateArray()];
        Assert.That(files.Select(file => file.GetProperty("precision").GetString()), Is.EqualTo(new[] { "int8", "int8-static" }));
        Assert.That(files[1].GetProperty("difference").GetDouble(), Is.InRange(1e-4, 0.2));
        GraphProto graph = OnnxFile.Read(Path.Combine(_folder, "onnx", "model_int8.onnx")).Graph;
        Assert.That(graph.Node.Count(node => node.OpType == "QuantizeLinear"), Is.GreaterThan(4));
        Assert.That(graph.Node.Select(node => node.OpType), Has.None.EqualTo("DynamicQuantizeLinear"));
    }

    [Test]
    public void Optimize_StaticInt8WithoutTexts_SaysSoBeforeAnythingIsWritten()
    {
        string target = Path.Combine(_folder, "out");
        (int code, string line) = Error("optimize", Layout("fill-mask"), "--out", target, "--precision", "int8-static");
        Assert.That((code, line), Is.EqualTo((2, $"glossa: error: {Layout("fill-mask")}: int8-static fixes the ranges of activations on texts and there are none; name a file of them, --calibration FILE, or take int8")));
        Assert.That(Directory.Exists(target), Is.False);
    }

    [TestCase("fp16")]
    [TestCase("int8-static")]
    public void Optimize_GenAiInAFormatItCannotHold_SaysSoBeforeAnythingIsWritten(string format)
    {
        string target = Path.Combine(_folder, "out");
        (int code, string line) = Error("optimize", Layout("text-generation-llama"), "--out", target, "--genai", format);
        Assert.That((code, line), Is.EqualTo((2, $"glossa: error: genai/ cannot hold {format}; choose among fp32, int8, int4")));
        Assert.That(Directory.Exists(target), Is.False);
    }

    [Test]
    public void Optimize_CalibrationFileOfFewTexts_SaysHowManyItTakes()
    {
        string texts = Path.Combine(_folder, "texts.txt");
        File.WriteAllLines(texts, ["one text", "", "another text"]);
        (int code, string line) = Error("optimize", Layout("fill-mask"), "--out", _folder, "--precision", "int8", "--calibration", texts);
        Assert.That((code, line), Is.EqualTo((2, $"glossa: error: {texts}: the file has 2 texts to calibrate on; give a text a line, 8 at least; some hundred are better")));
    }

    [Test]
    public void Optimize_CalibrationOfAFileWithoutTokenizer_SaysSo()
    {
        (int code, string line) = Error("optimize", Path.Combine(Layout("fill-mask"), "onnx", "model.onnx"), "--out", _folder, "--precision", "int8", "--calibration", "texts.txt");
        Assert.That(code, Is.EqualTo(2));
        Assert.That(line, Does.Contain("calibration needs a tokenizer beside the model"));
    }

    [Test]
    public void Optimize_QuantizedModel_IsRefusedInOneLine()
    {
        string first = Path.Combine(_folder, "first");
        Assert.That(Run("optimize", Layout("fill-mask"), "--out", first, "--precision", "int8").Code, Is.Zero);
        (int code, string line) = Error("optimize", Path.Combine(first, "onnx", "model_quantized.onnx"), "--out", _folder);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(line, Does.Contain("the model is quantized already").And.Contain("start from the float32 file"));
    }

    [Test]
    public void Optimize_OldOperatorSet_IsRefusedInOneLine()
    {
        ModelProto model = OnnxFile.Read(Path.Combine(Layout("fill-mask"), "onnx", "model.onnx"));
        model.OpsetImport.Single(import => import.Domain.Length == 0).Version = 7;
        (int code, string line) = Error("optimize", Write(model), "--out", _folder);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(line, Does.Contain("operator set 7").And.Contain("export it again"));
    }

    [Test]
    public void Optimize_DataOutsideTheFolder_IsRefusedInOneLine()
    {
        ModelProto model = OnnxFile.Read(Path.Combine(Layout("fill-mask"), "onnx", "model.onnx"));
        TensorProto tensor = model.Graph.Initializer.First(t => t.RawData.Length > 0);
        tensor.RawData = Google.Protobuf.ByteString.Empty;
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "../../secret.bin" });
        (int code, string line) = Error("optimize", Write(model), "--out", _folder);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(line, Does.Contain("secret.bin"));
    }

    [TestCase("--passes", "atention", "unknown pass 'atention'; did you mean 'attention'?")]
    [TestCase("--precision", "int2", "unknown precision 'int2'; choose from fp32, fp16, int8, int8-static, int4")]
    [TestCase("--attention", "standart", "unknown attention 'standart'; did you mean 'standard'?")]
    public void Optimize_UnknownName_NamesTheNearest(string option, string value, string message)
    {
        (int code, string line) = Error("optimize", Layout("fill-mask"), "--out", _folder, option, value);
        Assert.That((code, line), Is.EqualTo((2, "glossa: error: " + message)));
    }

    [Test]
    public void Optimize_ModelThatNeedsNoPass_StaysAsItIs()
    {
        GraphBuilder g = new(new GraphProto { Name = "plain" });
        Value x = g.Input("x", TensorProto.Types.DataType.Float, "batch", 4);
        g.Output(g.MatMul(x, g.Initializer(OnnxFactory.Tensor("w", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8f])), "y"), TensorProto.Types.DataType.Float, "batch", 2);
        ModelProto model = new() { IrVersion = 8, Graph = g.Graph, OpsetImport = { new OperatorSetIdProto { Version = 17 } } };
        (int code, string output, string error) = Run("optimize", Write(model), "--out", _folder, "--precision", "fp32", "--precision", "fp16");
        Assert.That(code, Is.Zero, error);
        Assert.That(output, Does.Contain("1 nodes became 1"));
    }

    private string Write(ModelProto model)
    {
        string file = Path.Combine(_folder, "given.onnx");
        OnnxFile.Write(file, model);
        return file;
    }

    private static (int Code, string Line) Error(params string[] args)
    {
        (int code, _, string error) = Run(args);
        string[] lines = error.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(1));
        return (code, lines[0]);
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = CommandLine.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private static string Layout(string name) => Path.Combine(Fixtures, "hf-layout", name);

    private static string Fixtures
    {
        get
        {
            DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "Pipeline.sln"))) folder = folder.Parent;
            return Path.Combine(folder.FullName, "tests", "fixtures");
        }
    }
}
