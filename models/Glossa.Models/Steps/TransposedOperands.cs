using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Steps;

/// <summary>
/// Products read their operands transposed where the runtime's fused product can: MatMul(x, Transpose(W)), batches of small matrices (attention's) on
/// either side, and operands whose first axis (time) and batch are exchanged. A transposed left matrix without a batch stays: packing it costs more than
/// transposing the narrow operand once.
/// </summary>
internal static class TransposedOperands
{
    public static void Apply(GraphProto graph)
    {
        GraphIndex index = new(graph);
        foreach (NodeProto node in graph.Node.ToArray())
        {
            if (node.OpType is not ("MatMul" or "FusedMatMul")) continue;
            FoldMatrix(index, node);
            FoldLastAxes(index, node, 0, "transA");
            FoldLastAxes(index, node, 1, "transB");
            FoldBatch(index, node, 0, "transBatchA");
            FoldBatch(index, node, 1, "transBatchB");
        }
    }

    private static void FoldMatrix(GraphIndex index, NodeProto node)
    {
        if (GraphIndex.IntAttribute(node, "transB", 0) != 0 || Transposed(index, node, 1, [1, 0]) is not { } source) return;
        Fuse(index, node, 1, source, "transB");
    }

    private static void FoldLastAxes(GraphIndex index, NodeProto node, int input, string attribute)
    {
        if (GraphIndex.IntAttribute(node, attribute, 0) != 0 || GraphIndex.IntAttribute(node, attribute.Replace("trans", "transBatch", StringComparison.Ordinal), 0) != 0) return;
        if (index.Producer(node.Input[input], "Transpose") is not { } transpose || GraphIndex.Permutation(transpose) is not { Length: > 2 } permutation) return;
        long rank = permutation.Length;
        if (permutation.Select((p, i) => p == (i == rank - 1 ? rank - 2 : i == rank - 2 ? rank - 1 : i)).All(exchanged => exchanged))
            Fuse(index, node, input, transpose.Input[0], attribute);
    }

    private static void FoldBatch(GraphIndex index, NodeProto node, int input, string attribute)
    {
        if (GraphIndex.IntAttribute(node, attribute, 0) != 0 || Transposed(index, node, input, [1, 0, 2]) is not { } source) return;
        Fuse(index, node, input, source, attribute);
    }

    private static string? Transposed(GraphIndex index, NodeProto node, int input, long[] permutation) =>
        index.Producer(node.Input[input], "Transpose") is { } transpose && GraphIndex.Permutation(transpose).AsSpan().SequenceEqual(permutation)
            ? transpose.Input[0]
            : null;

    private static void Fuse(GraphIndex index, NodeProto node, int input, string source, string attribute)
    {
        node.OpType = "FusedMatMul";
        node.Domain = FusedOperators.Domain;
        node.Attribute.Add(OnnxFactory.Attribute(attribute, 1L));
        index.SetInput(node, input, source);
    }
}
