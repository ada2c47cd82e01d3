using System.Text.Json.Nodes;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Generate;
using Glossa.Pipeline.Optimize;
using Glossa.Pipeline.Tests.Evaluate;
using Glossa.Pipeline.Tests.Generate;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Export.GenAi;

/// <summary>Folders for onnxruntime-genai: in the library itself, and against what its own model builder writes.</summary>
public sealed class GenAiFolderTests
{
    private const string Llama = "text-generation-llama";

#if !ONNXRUNTIME_GPU && !ONNXRUNTIME_TRAINING
    [Test]
    public void Optimize_Llama_WritesTheGoldenTokensInTheLibrary()
    {
        using TemporaryFolder temporary = new();
        JsonNode golden = JsonNode.Parse(File.ReadAllText(Path.Combine(TestModels.Folder(Llama), "golden.json")))!;
        int[] prompt = [.. golden["input_ids"]!.AsArray().Select(id => (int)id!)], expected = [.. golden["output_ids"]!.AsArray().Select(id => (int)id!)];
        Assert.That(GenAiLibrary.Continue(Write(temporary, ExportPrecision.Fp32), prompt, expected.Length - prompt.Length), Is.EqualTo(expected));
    }

    [TestCase(ExportPrecision.Fp32)]
    [TestCase(ExportPrecision.DynamicInt8)]
    [TestCase(ExportPrecision.Int4)]
    public void Optimize_Llama_WritesTheTokensOfOurOwnRun(ExportPrecision precision)
    {
        const int Tokens = 50;
        using TemporaryFolder temporary = new();
        string folder = Write(temporary, precision);
        int[] prompt = [47, 80, 258, 625];
        // Its file runs with an ordinary cache as well.
        using TextGenerator generator = TextGenerator.Open(Path.Combine(folder, "model.onnx"), new PlainIds(1000) { EndId = -1, BeginId = -1 }, 128);
        int[] ours = [.. generator.GenerateIds(prompt, new GenerationOptions { MaxTokens = Tokens })];
        Assert.That(GenAiLibrary.Continue(folder, prompt, Tokens), Is.EqualTo(prompt.Concat(ours)));
    }

    [Test]
    public void Optimize_Llama_TokenizerEncodesInTheLibrary()
    {
        using TemporaryFolder temporary = new();
        Assert.That(GenAiLibrary.Encode(Write(temporary, ExportPrecision.Fp32), "Open the file"), Is.EqualTo(new[] { 47, 80, 258, 625, 309, 73, 326 }));
    }
#endif

    [Test]
    public void Optimize_Llama_HasTheKeysAndNamesOfTheBuilder()
    {
        using TemporaryFolder temporary = new();
        string folder = Write(temporary, ExportPrecision.Fp32), builder = TestModels.Folder("genai-llama");
        string[] ours = Leaves(JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "genai_config.json")))!, ""), theirs = Leaves(JsonNode.Parse(File.ReadAllText(Path.Combine(builder, "genai_config.json")))!, "");
        // Our graph takes positions, theirs counts them from the mask.
        Assert.That(ours.Except(theirs), Is.EqualTo(new[] { "/model/decoder/inputs/position_ids=position_ids" }));
        Assert.That(theirs.Except(ours), Is.Empty);

        GraphProto made = OnnxFile.Read(Path.Combine(folder, "model.onnx")).Graph, built = OnnxFile.Read(Path.Combine(builder, "model.onnx")).Graph;
        Assert.That(made.Input.Select(input => input.Name).Except(["position_ids"]), Is.EquivalentTo(built.Input.Select(input => input.Name)));
        Assert.That(made.Output.Select(output => output.Name), Is.EquivalentTo(built.Output.Select(output => output.Name)));
        Assert.That(made.Node.Count(node => node.OpType == "GroupQueryAttention"), Is.EqualTo(built.Node.Count(node => node.OpType == "GroupQueryAttention")));
        Assert.That(Directory.GetFileSystemEntries(folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "genai_config.json", "model.onnx", "tokenizer.json", "tokenizer_config.json" }));
    }

    [Test]
    public void Optimize_NarrowHeads_IsRefusedBeforeAnythingIsWritten()
    {
        using TemporaryFolder temporary = new();
        OptimizeOptions options = new() { Model = TestModels.Folder("text-generation-gpt2"), Out = temporary.At("out"), GenAi = ExportPrecision.Fp32 };
        Assert.That(Assert.Throws<InputException>(() => OptimizeJob.Run(options))!.Message, Does.Contain("its heads are 8 wide; onnxruntime-genai takes multiples of 16"));
        Assert.That(Directory.Exists(temporary.At("out")), Is.False);
    }

    [Test]
    public void Optimize_Encoder_SaysWhatItLacks()
    {
        using TemporaryFolder temporary = new();
        OptimizeOptions options = new() { Model = TestModels.Folder("fill-mask"), Out = temporary.At("out"), GenAi = ExportPrecision.Fp32 };
        Assert.That(Assert.Throws<InputException>(() => OptimizeJob.Run(options))!.Message, Does.Contain("no model for onnxruntime-genai can be made of it: its input 'token_type_ids' is not known"));
    }

    private static string Write(TemporaryFolder temporary, ExportPrecision precision)
    {
        string source = temporary.At("source");
        Directory.CreateDirectory(Path.Combine(source, "onnx"));
        foreach (string file in Directory.GetFiles(TestModels.Folder(Llama))) File.Copy(file, Path.Combine(source, Path.GetFileName(file)));
        File.Copy(Path.Combine(TestModels.Folder("text-generation-gpt2"), "tokenizer.json"), Path.Combine(source, "tokenizer.json"));
        File.Copy(TestModels.File(Llama), Path.Combine(source, "onnx", "model.onnx"));
        // Random weights as wide as the fixture's lose more in 4 bits than any trained ones.
        Dictionary<ExportPrecision, double> limits = new(OptimizeOptions.DefaultLimits) { [ExportPrecision.Int4] = 1 };
        OptimizeResult result = OptimizeJob.Run(new OptimizeOptions { Model = source, Out = temporary.At("out"), GenAi = precision, Limits = limits });
        Assert.That(result.Files[^1].Path, Is.EqualTo(Path.Combine(temporary.At("out"), "genai", "model.onnx")));
        return temporary.At("out/genai");
    }

    private static string[] Leaves(JsonNode node, string path) => node switch
    {
        JsonObject members => [.. members.SelectMany(member => Leaves(member.Value!, path + "/" + member.Key))],
        JsonArray items => [.. items.SelectMany((item, i) => Leaves(item!, $"{path}/{i}"))],
        JsonValue value when value.TryGetValue(out double number) => [$"{path}={number}"],
        _ => [$"{path}={node}"],
    };
}
