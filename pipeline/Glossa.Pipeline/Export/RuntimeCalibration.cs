using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Pipeline.Export;

/// <summary>Calibration samples that ONNX Runtime runs, on one thread, so that the same samples give the same bits.</summary>
/// <param name="feeds">For each sample a tensor for each of the model's inputs, by name: float32, int64 or int32.</param>
public sealed class RuntimeCalibration(IReadOnlyList<IReadOnlyDictionary<string, TensorProto>> feeds) : ICalibrationSource
{
    /// <inheritdoc/>
    /// <exception cref="InputException">A sample lacks an input of the model, or there is no sample.</exception>
    public IEnumerable<IReadOnlyDictionary<string, float[]>> Run(ModelProto probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        if (feeds.Count == 0) throw new InputException("there are no calibration samples", fix: "give at least one text");
        return RunAll(probe);
    }

    private IEnumerable<IReadOnlyDictionary<string, float[]>> RunAll(ModelProto probe)
    {
        // Fusions would take away the values that are asked for, or round them otherwise than the float32 model does.
        using SessionOptions options = new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(probe.ToByteArray(), options);
        using RunOptions run = new();
        Dictionary<string, float[]> results = [];
        foreach (IReadOnlyDictionary<string, TensorProto> feed in feeds)
        {
            Dictionary<string, OrtValue> inputs = [];
            try
            {
                foreach (string name in session.InputNames)
                    inputs[name] = Value(feed.GetValueOrDefault(name) ?? throw new InputException($"a calibration sample lacks the model's input '{name}'", fix: "give every input of the model"));
                using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs, session.OutputNames);
                for (int i = 0; i < outputs.Count; i++) Copy(outputs[i], results, session.OutputNames[i]);
            }
            finally
            {
                foreach (OrtValue input in inputs.Values) input.Dispose();
            }
            yield return results;
        }
    }

    private static void Copy(OrtValue value, Dictionary<string, float[]> results, string name)
    {
        ReadOnlySpan<float> data = value.GetTensorDataAsSpan<float>();
        if (!results.TryGetValue(name, out float[]? kept) || kept.Length != data.Length) results[name] = kept = new float[data.Length];
        data.CopyTo(kept);
    }

    private static OrtValue Value(TensorProto tensor) => (TensorProto.Types.DataType)tensor.DataType switch
    {
        TensorProto.Types.DataType.Float => OrtValue.CreateTensorValueFromMemory(OnnxFactory.Floats(tensor), [.. tensor.Dims]),
        TensorProto.Types.DataType.Int32 => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(OnnxFactory.Integers(tensor), v => (int)v), [.. tensor.Dims]),
        _ => OrtValue.CreateTensorValueFromMemory(OnnxFactory.Integers(tensor), [.. tensor.Dims]),
    };
}
