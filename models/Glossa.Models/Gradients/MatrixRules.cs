using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Matrix products.</summary>
internal static class MatrixRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("MatMul", MatMul);
        rules.Add("Gemm", Gemm);
        rules.Add("Einsum", EinsumRule.Apply);
        ConvolutionRule.AddTo(rules);
    }

    private static void MatMul(GradientContext c)
    {
        Value a = c.Input(0), b = c.Input(1), dY = c.Gradient;
        int rankB = c.RankOf(b), rankA = rankB == 2 ? c.Shapes.Rank(a.Name) : c.RankOf(a);
        if (rankA == 1 || rankB == 1) VectorMatMul(c, rankA, rankB);
        else if (rankB == 2) Projection(c, a, b, dY, rankA);
        else
        {
            if (c.Wants(0)) c.Give(0, ReduceBatch(c, c.G.MatMul(dY, SwapLast(c.G, b, rankB)), a, b, a));
            if (c.Wants(1)) c.Give(1, ReduceBatch(c, c.G.MatMul(SwapLast(c.G, a, rankA), dY), a, b, b));
        }
    }

    /// <summary>[..., K] x [K, N]: the batch axes are rows of one large product.</summary>
    private static void Projection(GradientContext c, Value a, Value b, Value dY, int rankA)
    {
        if (c.Wants(0)) c.Give(0, c.G.MatMul(dY, c.G.Transpose(b, [1, 0])));
        if (!c.Wants(1)) return;
        Value rows = Rows(c, a, b, 0, rankA), gradientRows = Rows(c, dY, b, 1, rankA);
        c.Give(1, c.G.MatMul(c.G.Transpose(rows, [1, 0]), gradientRows));
    }

    private static Value Rows(GradientContext c, Value value, Value matrix, int axis, int rank)
    {
        if (rank == 2) return value;
        if (c.ShapeOf(matrix) is { } shape && shape[axis].IsConstant) return c.G.Reshape(value, [-1, shape[axis].Value]);
        Value width = c.G.Gather(c.G.Shape(matrix), c.G.Ints(axis));
        return c.G.Reshape(value, c.G.Concat([c.G.Ints(-1), width], 0));
    }

    /// <summary>A vector operand counts as a row on the left and as a column on the right; the added axis is no axis of the result.</summary>
    private static void VectorMatMul(GradientContext c, int rankA, int rankB)
    {
        GraphBuilder g = c.G;
        Value a = c.Input(0), b = c.Input(1), dY = c.Gradient;
        if (rankA == 1 && rankB == 1)
        {
            if (c.Wants(0)) c.Give(0, g.Mul(dY, b));
            if (c.Wants(1)) c.Give(1, g.Mul(dY, a));
            return;
        }
        if (rankB == 1)
        {
            Value column = g.Unsqueeze(dY, [-1]);
            if (c.Wants(0)) c.Give(0, g.Mul(column, b));
            if (c.Wants(1)) c.Give(1, g.ReduceSum(g.Mul(column, a), LongRange(rankA - 1), false));
            return;
        }
        Value row = g.Unsqueeze(dY, [-2]);
        // [..., K, N] times the row [..., 1, N], summed over N and the batch.
        if (c.Wants(0)) c.Give(0, g.ReduceSum(g.Mul(row, b), [.. LongRange(rankB - 2), rankB - 1], false));
        if (c.Wants(1)) c.Give(1, g.Mul(g.Unsqueeze(a, [-1]), row));
    }

    internal static long[] LongRange(int count) => [.. Enumerable.Range(0, count).Select(i => (long)i)];

    internal static Value SwapLast(GraphBuilder g, Value value, int rank)
    {
        long[] permutation = LongRange(rank);
        (permutation[rank - 1], permutation[rank - 2]) = (permutation[rank - 2], permutation[rank - 1]);
        return g.Transpose(value, permutation);
    }

    /// <summary>Sums the gradient of a batched product over the batch axes along which <paramref name="target"/> was repeated.</summary>
    private static Value ReduceBatch(GradientContext c, Value gradient, Value a, Value b, Value target)
    {
        IReadOnlyList<Dimension>? output = c.ShapeOf(c.Output()), shape = c.ShapeOf(target);
        IReadOnlyList<Dimension>? from = output is null || shape is null ? null : [.. output.Take(output.Count - 2), shape[^2], shape[^1]];
        return Broadcasting.Reduce(c, gradient, from, target);
    }

    private static void Gemm(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value a = c.Input(0), b = c.Input(1);
        bool transA = c.Node.AttributeInt("transA", 0) != 0, transB = c.Node.AttributeInt("transB", 0) != 0;
        float alpha = c.Node.AttributeFloat("alpha", 1), beta = c.Node.AttributeFloat("beta", 1);
        Value scaled = alpha == 1 || !(c.Wants(0) || c.Wants(1)) ? c.Gradient : g.Mul(c.Gradient, c.Scalar(alpha));
        Value Turned(Value value) => g.Transpose(value, [1, 0]);
        if (c.Wants(0))
        {
            c.Give(0, transA
                ? g.MatMul(transB ? Turned(b) : b, Turned(scaled))
                : g.MatMul(scaled, transB ? b : Turned(b)));
        }
        if (c.Wants(1))
        {
            c.Give(1, transB
                ? g.MatMul(Turned(scaled), transA ? Turned(a) : a)
                : g.MatMul(transA ? a : Turned(a), scaled));
        }
        if (c.Wants(2)) c.GiveReduced(2, beta == 1 ? c.Gradient : g.Mul(c.Gradient, c.Scalar(beta)));
    }
}
