using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>The runtime's fused operators that Glossa's own training form is written in.</summary>
internal static class FusedRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("FusedMatMul", FusedMatMul, restrictions: "both operands of one rank, at least 2, with equal batch axes", domain: FusedOperators.Domain);
        rules.Add("SimplifiedLayerNormalization", SimplifiedLayerNormalization, restrictions: "the last axis; no gradient through the statistics");
        rules.Add("RotaryEmbedding", Rotary, carriers: [0], restrictions: "halves rotated (interleaved = 0) over the whole head; no scale", domain: FusedOperators.Domain);
    }

    /// <summary>
    /// With A' and B' the operands as the product reads them, dA' = alpha dY B'^T and dB' = alpha A'^T dY. An operand whose batch is
    /// transposed gets its gradient batch first and one Transpose.
    /// </summary>
    private static void FusedMatMul(GradientContext c)
    {
        Value a = c.Input(0), b = c.Input(1), dY = c.Gradient;
        int rank = c.RankOf(a);
        if (rank < 2 || c.RankOf(b) != rank) throw c.Unsupported("operands of different ranks", "use MatMul");
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

    // [batch..., R, C] as the operand is stored: [R, batch..., C].
    private static Value BatchLast(GradientContext c, Value gradient, int rank) =>
        c.G.Transpose(gradient, [rank - 2, .. Enumerable.Range(0, rank - 2).Select(i => (long)i), rank - 1]);

    /// <summary>With xhat = x r, dx = r (g s - xhat mean(g s xhat)); where the gain s is all ones, xhat is the output itself.</summary>
    private static void SimplifiedLayerNormalization(GradientContext c)
    {
        GraphBuilder g = c.G;
        int rank = c.RankOf(c.Input(0));
        if (GradientContext.Axis(c.Node.AttributeInt("axis", -1), rank) != rank - 1) throw c.Unsupported("normalization over several axes", "flatten them first");
        while (c.Node.Output.Count < 2) c.Node.Output.Add("");
        if (c.Node.Output[1].Length == 0) c.Node.Output[1] = g.Unique("inv_rms");
        Value inverse = c.Output(1);
        bool unit = g.Graph.Initializer.FirstOrDefault(i => i.Name == c.Input(1).Name) is { } gain && OnnxFactory.Floats(gain).All(v => v == 1);
        Value normalized = unit ? c.Output() : g.Mul(c.Input(0), inverse, "normalized");
        if (c.Wants(0))
        {
            Value scaled = unit ? c.Gradient : g.Mul(c.Gradient, c.Input(1), "scaled");
            Value mean = g.Op("ReduceMean", [g.Mul(scaled, normalized), g.Ints(-1)], "mean", "", OnnxFactory.Attribute("keepdims", 1L));
            c.Give(0, g.Mul(g.Sub(scaled, g.Mul(normalized, mean)), inverse, "grad.x"));
        }
        if (c.Wants(1)) c.GiveReduced(1, g.Mul(c.Gradient, normalized));
    }

    /// <summary>A rotation's gradient is the rotation back.</summary>
    private static void Rotary(GradientContext c)
    {
        if (c.Node.AttributeInt("interleaved", 0) != 0 || c.Node.AttributeInt("rotary_embedding_dim", 0) != 0 || c.Node.AttributeFloat("scale", 1) != 1)
            throw c.Unsupported("interleaved, partial or scaled rotation", "spell the rotation out");
        c.Give(0, c.G.RotaryFused(c.Gradient, c.Input(1), c.Input(2), c.G.Neg(c.Input(3)), "grad.x"));
    }
}
