using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>Turns integer weights behind DequantizeLinear into float32 weights of the node's output name, which can be trained.</summary>
internal static class DequantizedWeights
{
    /// <summary>Replaces every DequantizeLinear of a constant tensor; gives the names of the float weights that stand for them.</summary>
    internal static HashSet<string> Apply(GraphProto graph, List<string> notes)
    {
        Dictionary<string, TensorProto> initializers = graph.Initializer.ToDictionary(t => t.Name);
        HashSet<string> made = [];
        SortedSet<string> types = new(StringComparer.Ordinal);
        List<NodeProto> kept = [];
        foreach (NodeProto node in graph.Node)
        {
            if (node.OpType == "DequantizeLinear" && Constant(node, 0) is { } codes && ElementTypes.IsInteger((DataType)codes.DataType) && codes.Dims.Count > 0
                && Constant(node, 1) is { DataType: (int)DataType.Float } scales && (node.In(2).Length == 0 || Constant(node, 2) is not null)
                && Dequantize(node, codes, scales, Constant(node, 2)) is { } weight)
            {
                ModelTensors.CopyTag(codes, weight);
                graph.Initializer.Add(weight);
                made.Add(weight.Name);
                types.Add(ElementTypes.Name((DataType)codes.DataType));
            }
            else kept.Add(node);
        }
        if (made.Count == 0) return made;
        graph.Node.Clear();
        graph.Node.AddRange(kept);
        notes.Add($"{made.Count} weights are stored as {string.Join(" and ", types)}: they are trained in float32, and those that change are written as float32");
        GraphCleaning.DropUnread(graph);
        return made;

        TensorProto? Constant(NodeProto node, int input) => initializers.GetValueOrDefault(node.In(input));
    }

    /// <summary>y = (x - zero point) scale, with one scale per tensor, per index of an axis, or per block along it (ai.onnx DequantizeLinear-21); null where sizes do not fit.</summary>
    private static TensorProto? Dequantize(NodeProto node, TensorProto codes, TensorProto scales, TensorProto? zeroPoints)
    {
        int rank = codes.Dims.Count;
        float[] scale = TensorData.Floats(scales);
        long[]? zero = zeroPoints is null ? null : TensorData.Integers(zeroPoints);
        if (zero is not null && zero.Length != scale.Length) return null;
        long blockSize = node.AttributeInt("block_size", 0), axis = node.AttributeInt("axis", 1);
        axis = axis < 0 ? axis + rank : axis;
        bool perTensor = scale.Length == 1 && blockSize == 0;
        if (!perTensor && (axis < 0 || axis >= rank || blockSize < 0)) return null;
        long inner = 1, size = perTensor ? 1 : codes.Dims[(int)axis];
        for (int i = (int)axis + 1; i < rank && !perTensor; i++) inner *= codes.Dims[i];
        long blocks = blockSize == 0 ? size : (size + blockSize - 1) / blockSize;
        bool blocked = blockSize > 0;
        if (!perTensor && (blocked ? scales.Dims.Count != rank || scales.Dims.Where((d, i) => d != (i == axis ? blocks : codes.Dims[i])).Any() : scale.Length != size)) return null;

        long[] values = TensorData.Integers(codes);
        float[] weight = new float[values.Length];
        for (long i = 0; i < values.Length; i++)
        {
            long along = perTensor ? 0 : i / inner % size;
            long at = perTensor ? 0 : blocked ? (((i / inner / size * blocks) + (along / blockSize)) * inner) + (i % inner) : along;
            weight[i] = (values[i] - (zero?[at] ?? 0)) * scale[at];
        }
        return OnnxFactory.Tensor(node.Out(0), [.. codes.Dims], weight);
    }
}
