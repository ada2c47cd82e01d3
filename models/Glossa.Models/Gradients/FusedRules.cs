using Glossa.Models.Building;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Matrix products that the runtime fuses with transpositions: optimized exports and Glossa's own training form are written in them.</summary>
internal static class FusedRules
{
    internal static void AddTo(RuleCollector rules) =>
        rules.Add("FusedMatMul", FusedMatMul, restrictions: "operands of rank 2 and more", domain: FusedOperators.Domain);

    /// <summary>
    /// With A' and B' the operands as the product reads them, dA' = alpha dY B'^T and dB' = alpha A'^T dY. An operand whose batch is
    /// transposed gets its gradient batch first and one Transpose.
    /// </summary>
    private static void FusedMatMul(GradientContext c)
    {
        Value a = c.Input(0), b = c.Input(1), dY = c.Gradient;
        int rank = c.RankOf(a);
        if (rank < 2 || c.RankOf(b) < 2) throw c.Unsupported("an operand of rank 1", "use MatMul");
        if (!SameBatch(c, rank))
        {
            GeneralFusedMatMul(c, rank, c.RankOf(b));
            return;
        }
        bool transA = c.Node.AttributeInt("transA", 0) != 0, transB = c.Node.AttributeInt("transB", 0) != 0;
        bool batchA = c.Node.AttributeInt("transBatchA", 0) != 0, batchB = c.Node.AttributeInt("transBatchB", 0) != 0;
        float alpha = c.Node.AttributeFloat("alpha", 1);
        if (c.Wants(0))
        {
            Value gradient = transA
                ? c.G.FusedMatMul(b, dY, "grad.a", transA: transB, transB: true, transBatchA: batchB, alpha: alpha)
                : c.G.FusedMatMul(dY, b, "grad.a", transB: !transB, transBatchB: batchB, alpha: alpha);
            c.Give(0, batchA ? BatchLast(c, gradient, rank) : gradient);
        }
        if (c.Wants(1))
        {
            Value gradient = transB
                ? c.G.FusedMatMul(dY, a, "grad.b", transA: true, transB: transA, transBatchB: batchA, alpha: alpha)
                : c.G.FusedMatMul(a, dY, "grad.b", transA: !transA, transBatchA: batchA, alpha: alpha);
            c.Give(1, batchB ? BatchLast(c, gradient, rank) : gradient);
        }
    }

    /// <summary>True where both operands are known to have the same batch axes, so that neither was repeated.</summary>
    private static bool SameBatch(GradientContext c, int rank)
    {
        if (c.ShapeOf(c.Input(0)) is not { } a || c.ShapeOf(c.Input(1)) is not { } b || a.Count != b.Count) return false;
        IEnumerable<Dimension> Batch(IReadOnlyList<Dimension> shape, string operand) =>
            shape.Skip(c.Node.AttributeInt("transBatch" + operand, 0) != 0 ? 1 : 0).Take(rank - 2);
        return Batch(a, "A").SequenceEqual(Batch(b, "B"));
    }

    // [batch..., R, C] as the operand is stored: [R, batch..., C].
    private static Value BatchLast(GradientContext c, Value gradient, int rank) =>
        c.G.Transpose(gradient, [rank - 2, .. Enumerable.Range(0, rank - 2).Select(i => (long)i), rank - 1]);

    /// <summary>Operands of any ranks and batch axes: they are transposed into the order of MatMul, and their gradients back.</summary>
    private static void GeneralFusedMatMul(GradientContext c, int rankA, int rankB)
    {
        GraphBuilder g = c.G;
        long[]? turnA = Turn(c, "A", rankA), turnB = Turn(c, "B", rankB);
        float alpha = c.Node.AttributeFloat("alpha", 1);
        Value a = Turned(c.Input(0), turnA), b = Turned(c.Input(1), turnB);
        Value dY = alpha == 1 ? c.Gradient : g.Mul(c.Gradient, c.Scalar(alpha));
        if (c.Wants(0)) c.Give(0, Reduced(Turned(g.MatMul(dY, MatrixRules.SwapLast(g, b, rankB)), Inverse(turnA, rankA)), 0, turnA, rankA));
        if (c.Wants(1)) c.Give(1, Reduced(Turned(g.MatMul(MatrixRules.SwapLast(g, a, rankA), dY), Inverse(turnB, rankB)), 1, turnB, rankB));

        Value Turned(Value value, long[]? permutation) => permutation is null ? value : g.Transpose(value, permutation);

        // The gradient of an operand that is turned in place has the rank of the product: axes in front are left where they are.
        long[]? Inverse(long[]? permutation, int rank)
        {
            if (permutation is null) return null;
            int extra = Math.Max(rankA, rankB) - rank;
            long[] inverse = MatrixRules.LongRange(extra + rank);
            for (int i = 0; i < rank; i++) inverse[extra + permutation[i]] = extra + i;
            return inverse;
        }

        Value Reduced(Value gradient, int input, long[]? turn, int rank)
        {
            IReadOnlyList<Dimension>? output = c.ShapeOf(c.Output()), shape = c.ShapeOf(c.Input(input));
            if (output is null || shape is null || output.Count < rank) return Broadcasting.Reduce(c, gradient, null, c.Input(input));
            long[] order = turn ?? MatrixRules.LongRange(rank);
            int extra = output.Count - rank;
            Dimension[] from = [.. output];
            for (int i = 0; i < rank; i++) from[extra + order[i]] = i >= rank - 2 ? shape[(int)order[i]] : output[extra + i];
            return Broadcasting.Reduce(c, gradient, from, c.Input(input));
        }
    }

    /// <summary>The permutation that brings an operand of FusedMatMul into the order of MatMul's, or null.</summary>
    private static long[]? Turn(GradientContext c, string operand, int rank)
    {
        bool batch = c.Node.AttributeInt("transBatch" + operand, 0) != 0, swap = c.Node.AttributeInt("trans" + operand, 0) != 0;
        if (!batch && !swap) return null;
        long[] permutation = batch ? [.. Enumerable.Range(1, rank - 2).Select(i => (long)i), 0, rank - 1] : MatrixRules.LongRange(rank);
        if (swap) (permutation[rank - 1], permutation[rank - 2]) = (permutation[rank - 2], permutation[rank - 1]);
        return permutation;
    }
}
