using System.Text.Json;
using Glossa.Training.Safetensors;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>A case of the official tool's artifacts with the official runtime's numbers.</summary>
internal sealed record OfficialCase(string Name, string Folder, string Artifacts)
{
    /// <summary>How far other builds of the runtime may be from the reference.</summary>
    public const float Tolerance = 2e-5f;

    /// <summary>Cases in this repository.</summary>
    public static readonly string[] Own = ["mlp-adamw", "mlp-sgd", "gpt-frozen"];

    /// <summary>Cases beside it, for their size.</summary>
    public static readonly string[] Shared = ["gpt-adamw", "gpt-clip", "bert-adamw"];

    /// <summary>The safetensors file of batches and results.</summary>
    public string Reference => Path.Combine(Folder, "reference.safetensors");

    /// <summary>The model that the tool was given.</summary>
    public string Forward => Path.Combine(Folder, "forward.onnx");

    /// <summary>The outputs that the artifacts have beside the loss.</summary>
    public string[] ExtraOutputs => Description().GetProperty("additional_outputs").EnumerateArray().Select(output => output.GetString()!).ToArray();

    /// <summary>reference.json.</summary>
    public JsonElement Description()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "reference.json")));
        return document.RootElement.Clone();
    }

    /// <summary>Opens a case; one that is not beside this clone skips the test.</summary>
    public static OfficialCase Open(string name)
    {
        if (Own.Contains(name))
        {
            string own = Path.Combine(Fixtures.Above("tests", "fixtures", "ort-training")!, name);
            return new OfficialCase(name, own, Path.Combine(own, "official"));
        }
        string shared = Path.Combine(Fixtures.Shared("ort-training"), name);
        return new OfficialCase(name, shared, Path.Combine(shared, "artifacts"));
    }

    /// <summary>The largest difference of a training from the reference: losses, evaluation loss, parameters.</summary>
    public float Difference(RealTraining training)
    {
        using SafetensorsReader reference = SafetensorsReader.Open(Reference);
        float worst = Math.Max(Largest(training.Losses, reference.ReadFloats("losses")), Math.Abs(training.EvaluationLoss - reference.ReadFloats("eval_loss")[0]));
        foreach (SafetensorsEntry entry in reference.Entries.Where(entry => entry.Name.StartsWith("param.", StringComparison.Ordinal)))
            worst = Math.Max(worst, Largest(training.Parameters[entry.Name["param.".Length..]], reference.ReadFloats(entry.Name)));
        return worst;
    }

    /// <summary>The largest difference between two equally long series.</summary>
    public static float Largest(float[] actual, float[] expected)
    {
        if (actual.Length != expected.Length) throw new ArgumentException($"{actual.Length} values against {expected.Length}");
        float worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            float difference = Math.Abs(actual[i] - expected[i]);
            worst = float.IsNaN(difference) ? float.PositiveInfinity : Math.Max(worst, difference);
        }
        return worst;
    }
}
