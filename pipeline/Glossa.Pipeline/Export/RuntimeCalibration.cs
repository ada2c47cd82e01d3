using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Glossa.Training.Verification;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Pipeline.Export;

/// <summary>Calibration samples that ONNX Runtime runs, on one thread, so that the same samples give the same bits.</summary>
public sealed class RuntimeCalibration : ICalibrationSource
{
    private readonly IReadOnlyList<IReadOnlyList<FeedTensor>> _feeds;

    /// <param name="feeds">For each sample a tensor for each of the model's inputs.</param>
    public RuntimeCalibration(IReadOnlyList<IReadOnlyList<FeedTensor>> feeds) => _feeds = feeds;

    /// <param name="feeds">For each sample a tensor for each of the model's inputs, by name: float32, int64 or int32.</param>
    public RuntimeCalibration(IReadOnlyList<IReadOnlyDictionary<string, TensorProto>> feeds)
    {
        ArgumentNullException.ThrowIfNull(feeds);
        _feeds = [.. feeds.Select(feed => feed.Select(tensor => Feed(tensor.Key, tensor.Value)).ToArray())];
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">A sample lacks an input of the model, or there is no sample.</exception>
    public IEnumerable<IReadOnlyDictionary<string, float[]>> Run(ModelProto probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        if (_feeds.Count == 0) throw new InputException("there are no calibration samples", fix: "give at least one text");
        return RunAll(probe);
    }

    private IEnumerable<IReadOnlyDictionary<string, float[]>> RunAll(ModelProto probe)
    {
        // Fusions would take away the values that are asked for, or round them otherwise than the float32 model does.
        using SessionOptions options = new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(probe.ToByteArray(), options);
        using RunOptions run = new();
        Dictionary<string, float[]> results = [];
        foreach (IReadOnlyList<FeedTensor> feed in _feeds)
        {
            Dictionary<string, OrtValue> inputs = [];
            try
            {
                foreach (string name in session.InputNames)
                    inputs[name] = (feed.FirstOrDefault(tensor => tensor.Name == name)
                        ?? throw new InputException($"a calibration sample lacks the model's input '{name}'", fix: "give every input of the model")).ToInput().ToOrtValue();
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

    private static FeedTensor Feed(string name, TensorProto tensor)
    {
        TensorProto.Types.DataType type = (TensorProto.Types.DataType)tensor.DataType;
        return new FeedTensor(name, type, [.. tensor.Dims], type == TensorProto.Types.DataType.Float ? OnnxFactory.Floats(tensor) : OnnxFactory.Integers(tensor));
    }
}
