using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Evaluate;
using Glossa.Training.Verification;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Pipeline.Export;

/// <summary>Texts as inputs of a model, each alone, a cache empty: samples to calibrate on and to measure with.</summary>
internal static class TextCalibration
{
    private const int LongestText = 128;

    /// <summary>The samples; null where there are no texts.</summary>
    public static ICalibrationSource? Of(ModelProto model, IReadOnlyList<ScoringSequence> texts, int window) =>
        texts.Count == 0 ? null : new RuntimeCalibration([.. texts.Select(text => Feed(model.Graph, text.Ids.ToArray(), window))]);

    /// <summary>The inputs for a text, cut to <paramref name="window"/> tokens and to the length that calibration takes.</summary>
    public static IReadOnlyList<FeedTensor> Feed(GraphProto graph, IReadOnlyList<int> ids, int window)
    {
        int length = Math.Min(ids.Count, Math.Min(window, LongestText));
        HashSet<string> initializers = [.. graph.Initializer.Select(tensor => tensor.Name)];
        return [.. graph.Input.Where(input => !initializers.Contains(input.Name)).Select(input => Feed(input, ids, length))];
    }

    private static FeedTensor Feed(ValueInfoProto input, IReadOnlyList<int> ids, int length)
    {
        DataType type = (DataType)input.Type.TensorType.ElemType;
        TensorShapeProto.Types.Dimension[] sizes = [.. input.Type.TensorType.Shape.Dim];
        if (type is DataType.Float or DataType.Float16)
        {
            long[] shape = [.. sizes.Select((size, axis) => axis == 0 ? 1 : axis == 2 ? 0 : size.DimValue)];
            return new FeedTensor(input.Name, type, shape, new float[shape.Aggregate(1L, (a, b) => a * b)]);
        }
        if (sizes.Length < 2) return new FeedTensor(input.Name, type, [.. sizes.Select(_ => 1L)], new long[1]);
        long[] values = new long[length];
        for (int i = 0; i < length; i++) values[i] = Whole(input.Name, ids, i);
        return new FeedTensor(input.Name, type, [1, length], values);
    }

    // Segments and whatever else is not named here are 0.
    private static long Whole(string name, IReadOnlyList<int> ids, int i) =>
        name.EndsWith("input_ids", StringComparison.Ordinal) ? ids[i]
        : name.Contains("mask", StringComparison.Ordinal) ? 1
        : name.Contains("position", StringComparison.Ordinal) ? i
        : 0;
}
