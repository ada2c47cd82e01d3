using System.Text.Json;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Pipeline.Export;
using Glossa.Tests.Shared;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Clients;

/// <summary>
/// Exported folders in the real client: it opens every dtype unchanged and gives what our own tokenizer and runtime give for the same file. The client, with its 474 MB, is
/// no part of the repository: <c>npm install --ignore-scripts</c> in the tool's folder makes these tests run.
/// </summary>
[TestFixture]
internal sealed class TransformersJsTests
{
    private const int Tokens = 50;
    private static readonly (string Dtype, ExportPrecision Precision)[] Dtypes =
        [("fp32", ExportPrecision.Fp32), ("fp16", ExportPrecision.Fp16), ("q8", ExportPrecision.DynamicInt8), ("int8", ExportPrecision.StaticInt8), ("q4", ExportPrecision.Int4)];

    private string _folder = "";
    private NodePackage _client = null!;

    private static IEnumerable<string> Names => Dtypes.Select(known => known.Dtype);

    [OneTimeSetUp]
    public void WriteFolders()
    {
        _client = NodePackage.Find("GLOSSA_TRANSFORMERS_JS", "@huggingface/transformers", "shared", "tools", "open-in-transformers-js");
        _folder = Directory.CreateTempSubdirectory("glossa-clients-").FullName;
        string texts = At("texts.txt");
        File.WriteAllLines(texts, Enumerable.Range(0, 40).Select(i => $"Open the file number {i} and save {i * 7} of its pages."));
        foreach (string name in (string[])["feature-extraction", "fill-mask", "text-classification", "text-generation-gpt2", "text-generation-llama"])
        {
            Glossa("optimize", WithTokenizer(name), "--out", At(name), "--precision", "fp32,fp16,int8,int4");
            Glossa("optimize", WithTokenizer(name), "--out", At(name), "--precision", "int8-static", "--calibration", texts);
        }
    }

    [OneTimeTearDown]
    public void Remove()
    {
        if (_folder.Length > 0) Directory.Delete(_folder, recursive: true);
    }

    [TestCaseSource(nameof(Names))]
    public void FeatureExtraction_Dtype_GivesOurEmbedding(string dtype)
    {
        const string Text = "Open the file and save it.";
        JsonElement seen = Client(At("feature-extraction"), "feature-extraction", dtype, "--text", Text);
        double[] ours = OwnOutputs.Embedding(ModelFile("feature-extraction", dtype), Tokenizer("feature-extraction"), Text);
        double[] theirs = [.. seen.GetProperty("first8").EnumerateArray().Select(value => value.GetDouble())];
        Assert.That(seen.GetProperty("dims")[1].GetInt32(), Is.EqualTo(ours.Length));
        Assert.That(theirs, Is.EqualTo(ours[..8]).Within(Tolerance(dtype)));
    }

    [TestCaseSource(nameof(Names))]
    public void TextClassification_Dtype_GivesOurProbabilities(string dtype)
    {
        const string Text = "Open the file and save it.";
        JsonElement seen = Client(At("text-classification"), "text-classification", dtype, "--text", Text);
        double[] ours = OwnOutputs.Classes(ModelFile("text-classification", dtype), Tokenizer("text-classification"), Text);
        string[] labels = Labels(At("text-classification"));
        Assert.That(labels.Select(label => seen.GetProperty("scores").GetProperty(label).GetDouble()), Is.EqualTo(ours).Within(Tolerance(dtype)));
    }

    [TestCaseSource(nameof(Names))]
    public void FillMask_Dtype_GivesOurTokens(string dtype)
    {
        const string Text = "Open the [MASK] file.";
        JsonElement seen = Client(At("fill-mask"), "fill-mask", dtype, "--text", Text);
        double[] ours = OwnOutputs.Fillings(ModelFile("fill-mask", dtype), Tokenizer("fill-mask"), Text);
        JsonElement[] best = [.. seen.GetProperty("top5").EnumerateArray()];
        Assert.That(best.Select(token => token.GetProperty("score").GetDouble()), Is.EqualTo(best.Select(token => ours[token.GetProperty("token").GetInt32()])).Within(Tolerance(dtype)));
        Assert.That(best[0].GetProperty("token").GetInt32(), Is.EqualTo(Array.IndexOf(ours, ours.Max())));
    }

    [Test]
    public void TextGeneration_Dtype_WritesOurTokens([Values("text-generation-gpt2", "text-generation-llama")] string name, [ValueSource(nameof(Names))] string dtype) =>
        AssertSameText(At(name), dtype);

    [TestCase("nanochat")]
    [TestCase("qwen3")]
    public void TextGeneration_TrainedModel_WritesOurTokens(string preset)
    {
        using TrialRun trial = new();
        string[] settings = ["model.preset=" + preset, "export.precisions=[fp32, fp16, int8, int8-static, int4]", "export.gates.int8-static=0.5", "export.gates.int4=0.5", "export.gates.fp16=0.1", "curriculum.phases.1.tokens=30000"];
        Glossa(trial.Run("run", ["--quiet", .. settings.SelectMany(setting => new[] { "--set", setting })]));
        foreach (string dtype in Names) AssertSameText(trial.At("run/model"), dtype);
    }

    private void AssertSameText(string folder, string dtype)
    {
        JsonElement seen = Client(folder, "text-generation", dtype, "--text", "Open the file", "--tokens", $"{Tokens}");
        int[] prompt = Ids(seen, "input_ids"), written = Ids(seen, "output_ids");
        TextTokenizer tokenizer = TextTokenizer.Load(folder);
        Assert.That(prompt, Is.EqualTo(tokenizer.Encode("Open the file").Ids));
        Assert.That(written, Has.Length.EqualTo(prompt.Length + Tokens));
        int[] ours = OwnOutputs.Continuation(ModelFolder.PathOf(folder, Precision(dtype)), tokenizer, prompt, Tokens);
        // The client's runtime is another build than ours: rounding of its own that int8 activations make large.
        int same = Tolerance(dtype) <= 1e-3 ? Tokens : 1;
        Assert.That(written[prompt.Length..(prompt.Length + same)], Is.EqualTo(ours[..same]), $"{folder} {dtype}");
    }

    private JsonElement Client(string folder, string task, string dtype, params string[] more)
    {
        (int code, string output, string error) = _client.Run("check.mjs", [folder, task, dtype, "--json", .. more]);
        Assert.That(code, Is.Zero, error);
        using JsonDocument json = JsonDocument.Parse(output);
        return json.RootElement.Clone();
    }

    private static double Tolerance(string dtype) => dtype is "fp32" ? 1e-5 : dtype is "fp16" ? 1e-3 : 1e-2;

    private static ExportPrecision Precision(string dtype) => Dtypes.Single(known => known.Dtype == dtype).Precision;

    private static int[] Ids(JsonElement seen, string name) => [.. seen.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    private static string[] Labels(string folder)
    {
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        return [.. config.RootElement.GetProperty("id2label").EnumerateObject().OrderBy(label => int.Parse(label.Name, System.Globalization.CultureInfo.InvariantCulture)).Select(label => label.Value.GetString()!)];
    }

    private string At(string name) => Path.Combine(_folder, name);

    private string ModelFile(string name, string dtype) => ModelFolder.PathOf(At(name), Precision(dtype));

    private TextTokenizer Tokenizer(string name) => TextTokenizer.Load(At(name));

    private static void Glossa(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Assert.That(CommandLine.Run(args, output, error), Is.Zero, error.ToString());
    }

    /// <summary>The folder of a fixture; one that lacks a tokenizer is copied with that of another.</summary>
    private string WithTokenizer(string name)
    {
        string layout = Layout(name), copy = At("source-" + name);
        if (File.Exists(Path.Combine(layout, "tokenizer.json"))) return layout;
        if (Directory.Exists(copy)) return copy;
        Directory.CreateDirectory(Path.Combine(copy, "onnx"));
        foreach (string file in Directory.GetFiles(layout, "*", SearchOption.AllDirectories)) File.Copy(file, Path.Combine(copy, Path.GetRelativePath(layout, file)));
        File.Copy(Path.Combine(Layout("text-generation-gpt2"), "tokenizer.json"), Path.Combine(copy, "tokenizer.json"));
        return copy;
    }

    private static string Layout(string name)
    {
        DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Pipeline.sln"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "tests", "fixtures", "hf-layout", name);
    }
}
