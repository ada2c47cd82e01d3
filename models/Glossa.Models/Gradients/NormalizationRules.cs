using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients;

/// <summary>Layer normalization and its variant without a mean.</summary>
internal static class NormalizationRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("LayerNormalization", LayerNormalization, restrictions: "no gradient through the outputs Mean and InvStdDev");
        rules.Add("RMSNormalization", c => RmsNormalization(c, c.Input(0), 1, c.Node.AttributeInt("axis", -1), c.Node.AttributeFloat("epsilon", 1e-5f)));
    }

    private static void LayerNormalization(GradientContext c)
    {
        if (c.OutputGradient(1) is not null || c.OutputGradient(2) is not null) throw c.Unsupported("the statistics (Mean, InvStdDev)", "compute them by ReduceMean instead");
        (Value mean, Value inverse) = (Statistic(c, 1, "mean"), Statistic(c, 2, "inv_std"));
        long[] axes = TrailingAxes(c, c.Input(0), c.Node.AttributeInt("axis", -1));
        GraphBuilder g = c.G;
        Value normalized = g.Mul(g.Sub(c.Input(0), mean), inverse);
        if (c.Wants(0))
        {
            Value scaled = g.Mul(c.Gradient, c.Input(1));
            Value inner = g.Sub(g.Sub(scaled, Mean(c, scaled, c.Input(0), axes)), g.Mul(normalized, Mean(c, g.Mul(scaled, normalized), c.Input(0), axes)));
            c.Give(0, g.Mul(inverse, inner));
        }
        if (c.Wants(1)) c.GiveReduced(1, g.Mul(c.Gradient, normalized));
        if (c.Wants(2)) c.GiveReduced(2, c.Gradient);
    }

    /// <summary>A statistic that the forward node computes anyway; declared as an output where it was not.</summary>
    private static Value Statistic(GradientContext c, int output, string name)
    {
        while (c.Node.Output.Count <= output) c.Node.Output.Add("");
        if (c.Node.Output[output].Length == 0) c.Node.Output[output] = c.G.Unique(name);
        Value statistic = c.Output(output);
        DataType type = c.Shapes.Type(c.Node.In(0));
        return type is DataType.Float16 or DataType.Bfloat16 ? c.G.Cast(statistic, type) : statistic;
    }

    /// <summary>y = x r s with r = 1/sqrt(mean(x^2) + epsilon) and the scale s at input <paramref name="scale"/>.</summary>
    internal static void RmsNormalization(GradientContext c, Value x, int scale, long axis, float epsilon)
    {
        GraphBuilder g = c.G;
        long[] axes = TrailingAxes(c, x, axis);
        Value inverse = g.Op("Reciprocal", [g.Sqrt(g.Add(Mean(c, g.Mul(x, x), x, axes), c.Scalar(epsilon)))]);
        Value normalized = g.Mul(x, inverse);
        if (c.Wants(0))
        {
            Value scaled = g.Mul(c.Gradient, c.Input(scale));
            c.Give(0, g.Mul(inverse, g.Sub(scaled, g.Mul(normalized, Mean(c, g.Mul(scaled, normalized), x, axes)))));
        }
        if (c.Wants(scale)) c.GiveReduced(scale, g.Mul(c.Gradient, normalized));
    }

    private static long[] TrailingAxes(GradientContext c, Value x, long axis)
    {
        int rank = c.RankOf(x);
        return [.. Enumerable.Range(GradientContext.Axis(axis, rank), rank - GradientContext.Axis(axis, rank)).Select(i => (long)i)];
    }

    /// <summary>Mean over axes of a value shaped as <paramref name="like"/>, the axes kept as ones.</summary>
    internal static Value Mean(GradientContext c, Value value, Value like, long[] axes) =>
        c.G.Mul(c.G.ReduceSum(value, axes, true), ReductionRules.InverseCount(c, like, axes));
}
