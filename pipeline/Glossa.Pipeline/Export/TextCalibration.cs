using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Evaluate;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Pipeline.Export;

/// <summary>Texts as calibration samples of a causal model, each alone, its cache empty.</summary>
internal static class TextCalibration
{
    private const int LongestText = 128;

    /// <summary>The samples; null where there are no texts.</summary>
    public static ICalibrationSource? Of(ModelProto model, IReadOnlyList<ScoringSequence> texts, int window) =>
        texts.Count == 0 ? null : new RuntimeCalibration([.. texts.Select(text => Feed(model, text.Ids.Span[..Math.Min(text.Ids.Length, Math.Min(window, LongestText))]))]);

    private static Dictionary<string, TensorProto> Feed(ModelProto model, ReadOnlySpan<int> ids)
    {
        Dictionary<string, TensorProto> feed = [];
        foreach (ValueInfoProto input in model.Graph.Input)
        {
            if (input.Type.TensorType.ElemType == (int)DataType.Float)
            {
                long[] shape = [.. input.Type.TensorType.Shape.Dim.Select((size, axis) => axis == 0 ? 1 : axis == 2 ? 0 : size.DimValue)];
                feed[input.Name] = OnnxFactory.Tensor(input.Name, shape, ReadOnlySpan<float>.Empty);
                continue;
            }
            long[] values = new long[ids.Length];
            for (int i = 0; i < values.Length; i++) values[i] = input.Name switch { "input_ids" => ids[i], "position_ids" => i, _ => 1 };
            feed[input.Name] = OnnxFactory.Tensor(input.Name, [1, values.Length], values);
        }
        return feed;
    }
}
