using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Glossa.Models.OrtTraining.Checkpoints;
using Glossa.Tests.Shared;
using Glossa.Training.Safetensors;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Demo;

/// <summary>The page that fine-tunes a model of a run, opened in Chromium: what it shows, and what comes out of it, against Glossa's own figures.</summary>
internal sealed partial class BrowserDemoTests
{
    // The sentence that the page holds out, as its form has it from the start.
    private const string Held = "Every morning the lighthouse keeper writes the names of the boats.";

    private static readonly string Tool = Path.Combine(RepositoryRoot(), "tools", "browser-demo");

    [Test]
    public void Page_FineTuning_LowersTheLossAndItsCheckpointMerges()
    {
        NodePackage runtime = NodePackage.Find("GLOSSA_ORT_TRAINING_NODE", "onnxruntime-web", "tools", "ort-training-node");
        if (!NodePackage.OnPath("chromium")) Assert.Ignore("Chromium is not on this machine (Debian's package chromium)");
        using TrialRun run = new();
        Assert.That(Command([.. run.Run("run", "--quiet")]), Is.Zero);
        string model = run.At("run/model"), original = Path.Combine(model, "onnx", "model.onnx");
        Assert.That(Command("artifacts", original, "--loss", "causal-lm", "--extra-output", "logits", "--out", run.At("training")), Is.Zero);

        NodePackage demo = new(Tool);
        (int code, _, string error) = demo.Run("assemble.mjs", "--model", model, "--artifacts", run.At("training"), "--out", run.At("page"), "--runtime", runtime.Folder);
        Assert.That(code, Is.Zero, error);
        string screenshot = Path.Combine(TestContext.CurrentContext.WorkDirectory, "browser-demo.png");
        (code, string output, error) = demo.Run("check.mjs", run.At("page"), "--passes", "3", "--screenshot", screenshot);
        Assert.That(code, Is.Zero, error);
        TestContext.AddTestAttachment(screenshot, "the page after a fine-tuning");
        Assert.That(new FileInfo(screenshot).Length, Is.GreaterThan(20_000));

        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement page = document.RootElement;
        Assert.That(page.GetProperty("errors").GetArrayLength(), Is.Zero, output[..Math.Min(output.Length, 2000)]);
        Match losses = Losses().Match(page.GetProperty("caption").GetString()!);
        Assert.That(page.GetProperty("points").GetInt32(), Is.EqualTo(6));
        Assert.That(Number(losses.Groups[2].Value), Is.LessThan(Number(losses.Groups[1].Value) * 0.9));
        Assert.That(Cell(page, "own-after"), Is.LessThan(Cell(page, "own-before") * 0.9));
        Assert.That(Text(page, "continuation-after"), Does.StartWith("The lighthouse keeper"));

        // The page's figures are those of `glossa evaluate`, before on the model and after on the model with the checkpoint's values.
        Assert.That(Cell(page, "held-before"), Is.EqualTo(BitsPerByte(run, model)).Within(1e-3));
        string saved = run.At("checkpoint"), merged = run.At("merged.onnx");
        File.WriteAllBytes(saved, page.GetProperty("checkpoint").GetBytesFromBase64());
        Assert.That(Command("artifacts", "merge", original, saved, "--out", merged), Is.Zero);
        File.Move(merged, original, overwrite: true);
        Assert.That(Cell(page, "held-after"), Is.EqualTo(BitsPerByte(run, model)).Within(1e-3));
        AssertSameParameters(run, OrtCheckpointFile.Read(saved), page.GetProperty("parameters").GetBytesFromBase64());
    }

    private static void AssertSameParameters(TrialRun run, OrtCheckpoint checkpoint, byte[] safetensors)
    {
        string path = run.At("parameters.safetensors");
        File.WriteAllBytes(path, safetensors);
        using SafetensorsReader reader = SafetensorsReader.Open(path);
        Assert.That(reader.Entries.Select(entry => entry.Name), Is.EquivalentTo(checkpoint.Parameters.Select(tensor => tensor.Name)));
        foreach (OrtTensor tensor in checkpoint.Parameters) Assert.That(reader.ReadFloats(tensor.Name), Is.EqualTo(tensor.Floats()), tensor.Name);
    }

    private static double BitsPerByte(TrialRun run, string model)
    {
        string corpus = run.At("held.csv");
        File.WriteAllText(corpus, $"language,split,text\nen,test,{Held}\n");
        using StringWriter output = new();
        using StringWriter error = new();
        Assert.That(CommandLine.Run(["evaluate", model, "--corpus", corpus, "--json"], output, error), Is.Zero, error.ToString());
        using JsonDocument document = JsonDocument.Parse(output.ToString());
        return document.RootElement.GetProperty("bitsPerByte").GetProperty("mean").GetDouble();
    }

    private static int Command(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = CommandLine.Run(args, output, error);
        if (code != 0) TestContext.Out.WriteLine(error.ToString());
        return code;
    }

    private static string Text(JsonElement page, string cell) => page.GetProperty("cells").GetProperty(cell).GetString()!;

    private static double Cell(JsonElement page, string cell) => Number(Text(page, cell));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string RepositoryRoot()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Pipeline.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(@"([\d.]+) in the first, ([\d.]+) in step")]
    private static partial Regex Losses();
}
