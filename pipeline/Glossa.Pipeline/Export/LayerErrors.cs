using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Optimize;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Pipeline.Export;

/// <summary>What quantizing one layer alone does to its output, all before it being exact.</summary>
/// <param name="Weight">The quantized weight.</param>
/// <param name="Operator">MatMul, Gemm or Gather.</param>
/// <param name="RelativeError">Norm of the difference of the layer's output over the output's norm.</param>
/// <param name="WeightError">Norm of the rounding of the weight over the weight's norm.</param>
public sealed record LayerError(string Weight, string Operator, double RelativeError, double WeightError);

/// <summary>Measures every quantized layer on sample text.</summary>
public static class LayerErrors
{
    private const int Samples = 16;

    /// <summary>Runs a few of the sequences through the float model and each layer's quantized form.</summary>
    /// <param name="model">The float32 model, which is left as it is.</param>
    /// <param name="sequences">Texts to take samples from, evenly spread.</param>
    /// <param name="scoring">How long a sample may be.</param>
    /// <param name="precision">The form: int8 or int4.</param>
    /// <param name="calibration">Samples of the text that the model is for; static int8 needs them.</param>
    /// <returns>The layers, the one that loses most first.</returns>
    public static IReadOnlyList<LayerError> Measure(
        ModelProto model, IReadOnlyList<ScoringSequence> sequences, ScoringOptions scoring, ExportPrecision precision, ICalibrationSource? calibration = null)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(scoring);
        ModelProto probe = PrecisionModels.LayerProbe(model, precision, calibration, out IReadOnlyList<QuantizedLayer> layers);
        double[] error = new double[layers.Count], signal = new double[layers.Count];
        using SessionOptions session = new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession runtime = new(probe.ToByteArray(), session);
        string[] names = [.. Enumerable.Range(0, layers.Count).SelectMany(i => new[] { $"error.{i}", $"signal.{i}" })];
        using RunOptions run = new();
        int samples = Math.Min(Samples, sequences.Count);
        for (int s = 0; s < samples; s++)
        {
            ReadOnlySpan<int> ids = sequences[(int)((long)s * sequences.Count / samples)].Ids.Span;
            Dictionary<string, OrtValue> inputs = Inputs(runtime, ids[..Math.Min(ids.Length, scoring.Window)]);
            using IDisposableReadOnlyCollection<OrtValue> outputs = runtime.Run(run, inputs, names);
            for (int i = 0; i < layers.Count; i++)
            {
                error[i] += outputs[2 * i].GetTensorDataAsSpan<float>()[0];
                signal[i] += outputs[2 * i + 1].GetTensorDataAsSpan<float>()[0];
            }
            foreach (OrtValue input in inputs.Values) input.Dispose();
        }
        return [.. layers.Select((l, i) => new LayerError(l.Weight, l.Operator, signal[i] == 0 ? 0 : Math.Sqrt(error[i] / signal[i]), l.WeightError))
            .OrderByDescending(l => l.RelativeError).ThenBy(l => l.Weight, StringComparer.Ordinal)];
    }

    private static Dictionary<string, OrtValue> Inputs(InferenceSession session, ReadOnlySpan<int> ids)
    {
        Dictionary<string, OrtValue> inputs = [];
        foreach ((string name, NodeMetadata metadata) in session.InputMetadata)
        {
            long[] integers = new long[ids.Length];
            for (int i = 0; i < integers.Length; i++) integers[i] = name == "input_ids" ? ids[i] : name == "attention_mask" ? 1 : name == "position_ids" ? i : 0;
            inputs[name] = metadata.Dimensions.Length == 4
                ? OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, metadata.Dimensions[1], 0, metadata.Dimensions[3]])
                : OrtValue.CreateTensorValueFromMemory(integers, [1, ids.Length]);
        }
        return inputs;
    }
}
