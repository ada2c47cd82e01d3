using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Steps;

/// <summary>
/// In attention, O = P V and dP = dO V^T, so the row sums of dP * P that the softmax gradient needs are those of dO * O: a sum over the head size
/// in place of one over all keys (Dao et al., FlashAttention, 2022, appendix B). Matches P * (dP - sum(dP * P)) and replaces the sum.
/// </summary>
internal static class SoftmaxGradient
{
    public static void Apply(GraphProto graph)
    {
        GraphIndex index = new(graph);
        GraphBuilder g = new(graph);
        foreach (NodeProto sum in graph.Node.Where(node => node.OpType == "ReduceSum").ToArray())
        {
            if (index.Producer(sum.Input[0], "Mul") is not { } product || GraphIndex.IntAttribute(sum, "keepdims", 1) != 1) continue;
            if ((Match(index, product, 0, 1) ?? Match(index, product, 1, 0)) is { } match) Replace(index, g, sum, match);
        }
    }

    private static void Replace(GraphIndex index, GraphBuilder g, NodeProto sum, (string Output, string OutputGradient, bool BatchLast) match)
    {
        // Both sides are read as they are stored; the sums, one number a row, are brought to the batch-first order of the scores.
        Value gradient = new(match.OutputGradient), output = new(match.Output);
        if (match.BatchLast)
        {
            if (index.Consumers(match.Output).FirstOrDefault(n => n.OpType == "Transpose" && GraphIndex.Permutation(n).AsSpan().SequenceEqual([1, 0, 2])) is not { } turned) return;
            output = new Value(turned.Output[0]);
        }
        Value rows = g.ReduceSum(g.Mul(gradient, output, "attention.row_products"), [-1], true, "attention.row_sums");
        if (match.BatchLast) rows = g.Transpose(rows, [1, 0, 2], "attention.row_sums_by_head");
        index.ReplaceUses(sum.Output[0], rows.Name);
    }

    // dP = FusedMatMul(dO, V, transB) (dO with its batch last where transBatchA), P * dP summed over keys; O = FusedMatMul(P, V).
    private static (string Output, string OutputGradient, bool BatchLast)? Match(GraphIndex index, NodeProto product, int gradientAt, int weightsAt)
    {
        NodeProto? dP = index.Producer(product.Input[gradientAt]);
        if (dP is null || dP.OpType != "FusedMatMul" || GraphIndex.IntAttribute(dP, "transB", 0) != 1 || dP.Attribute.Any(a => a.Name == "alpha")) return null;
        if (index.Producer(product.Input[weightsAt], "Softmax") is not { } softmax) return null;
        NodeProto? mixed = index.Consumers(softmax.Output[0]).FirstOrDefault(n =>
            n.OpType is "FusedMatMul" or "MatMul" && n.Input[0] == softmax.Output[0] && n.Input[1] == dP.Input[1] && GraphIndex.IntAttribute(n, "transA", 0) == 0);
        return mixed is null ? null : (mixed.Output[0], dP.Input[0], GraphIndex.IntAttribute(dP, "transBatchA", 0) == 1);
    }
}
