using Glossa.Tests.Shared;
using Glossa.Training.Safetensors;
using NUnit.Framework;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>ONNX Runtime Training itself, its WebAssembly build under Node: what it computes with a folder of artifacts.</summary>
internal static class RealRuntime
{
    /// <summary>Trains and returns what came out.</summary>
    /// <param name="artifacts">A folder with the four files.</param>
    /// <param name="batches">A safetensors file of batches, as tools/ort-training-node takes it.</param>
    /// <param name="steps">Optimizer steps.</param>
    /// <param name="options">Further options of the tool.</param>
    public static RealTraining Train(string artifacts, string batches, int steps, params string[] options)
    {
        using TemporaryFile result = new();
        (int code, _, string error) = Run(["--artifacts", artifacts, "--batches", batches, "--out", result.Path, "--steps", $"{steps}", .. options]);
        Assert.That(code, Is.Zero, error);
        using SafetensorsReader reader = SafetensorsReader.Open(result.Path);
        Dictionary<string, float[]> tensors = reader.Entries.ToDictionary(entry => entry.Name, entry => reader.ReadFloats(entry.Name), StringComparer.Ordinal);
        return new RealTraining(tensors["losses"], tensors["eval_loss"][0], Below(tensors, "param."), Below(tensors, "eval."));
    }

    /// <summary>Calls the tool as it is called from a command line; the test is skipped where it is not installed.</summary>
    public static (int Code, string Output, string Error) Run(params string[] arguments) =>
        NodePackage.Find("GLOSSA_ORT_TRAINING_NODE", "onnxruntime-web", "tools", "ort-training-node").Run("train.mjs", arguments);

    private static Dictionary<string, float[]> Below(Dictionary<string, float[]> tensors, string prefix) =>
        tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(tensor => tensor.Key[prefix.Length..], tensor => tensor.Value, StringComparer.Ordinal);
}

/// <summary>What the runtime computed.</summary>
/// <param name="Losses">The training loss of each call, in order.</param>
/// <param name="EvaluationLoss">The loss of batch 0 after the last step.</param>
/// <param name="Parameters">Every parameter's values after the last step.</param>
/// <param name="Outputs">The further outputs of the evaluation model that were asked for.</param>
internal sealed record RealTraining(float[] Losses, float EvaluationLoss, IReadOnlyDictionary<string, float[]> Parameters, IReadOnlyDictionary<string, float[]> Outputs);
