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
        const string statistics = "no gradient through the outputs of statistics";
        rules.Add("LayerNormalization", LayerNormalization);
        rules.Add("RMSNormalization", RmsNormalization);
        rules.Add("SimplifiedLayerNormalization", RmsNormalization, restrictions: statistics);
        rules.Add("SkipLayerNormalization", SkipLayerNormalization, restrictions: statistics, domain: GradientRules.Microsoft);
        rules.Add("SkipSimplifiedLayerNormalization", SkipSimplified, restrictions: statistics, domain: GradientRules.Microsoft);
    }

    private static void LayerNormalization(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value x = c.Input(0);
        long[] axes = TrailingAxes(c, x, c.Node.AttributeInt("axis", -1));
        Value mean = Statistic(c, 1, "mean"), inverse = Statistic(c, 2, "inv_std");
        Value? gradient = c.OutputGradient(0) is null ? null : Centred(c, x, mean, inverse, axes, 1, 2, c.Wants(0));
        Value share = ReductionRules.InverseCount(c, x, axes);
        if (c.Wants(0) && c.OutputGradient(1) is { } ofMean) gradient = Sum(g.Op("Expand", [g.Mul(Like(c, ofMean), share), ShapeRules.ShapeValue(c, x)]));
        if (c.Wants(0) && c.OutputGradient(2) is { } ofInverse)
        {
            // d/dx (variance + epsilon)^-1/2 = -inverse^3 (x - mean) / count
            Value cube = g.Mul(inverse, g.Mul(inverse, inverse));
            gradient = Sum(g.Neg(g.Mul(g.Sub(x, mean), g.Mul(g.Mul(Like(c, ofInverse), share), cube))));
        }
        if (gradient is { } total) c.Give(0, total);

        Value Sum(Value part) => gradient is { } known ? g.Add(known, part) : part;
    }

    /// <summary>A statistic in the element type of the values: the operator keeps it in float32.</summary>
    private static Value Like(GradientContext c, Value statistic) =>
        c.Shapes.Type(c.Node.In(0)) is var type && type is DataType.Float16 or DataType.Bfloat16 ? c.G.Cast(statistic, type) : statistic;

    /// <summary>y = (x - mean) inverse gain + bias: gives gain and bias their gradients and returns that of x where it is wanted.</summary>
    private static Value? Centred(GradientContext c, Value x, Value mean, Value inverse, long[] axes, int gain, int bias, bool wanted)
    {
        GraphBuilder g = c.G;
        if (c.Wants(bias)) c.GiveReduced(bias, c.Gradient);
        if (!wanted && !c.Wants(gain)) return null;
        Value normalized = g.Mul(g.Sub(x, mean), inverse);
        if (c.Wants(gain)) c.GiveReduced(gain, g.Mul(c.Gradient, normalized));
        if (!wanted) return null;
        Value scaled = g.Mul(c.Gradient, c.Input(gain));
        Value like = c.Input(0);
        Value inner = g.Sub(g.Sub(scaled, Mean(c, scaled, like, axes)), g.Mul(normalized, Mean(c, g.Mul(scaled, normalized), like, axes)));
        return g.Mul(inverse, inner);
    }

    private static void RmsNormalization(GradientContext c)
    {
        RefuseStatistics(c);
        Value x = c.Input(0);
        if (Uncentred(c, x, x, 1, c.Wants(0)) is { } gradient) c.Give(0, gradient);
    }

    /// <summary>y = x r gain with r = 1/sqrt(mean(x^2) + epsilon), x shaped as <paramref name="like"/>: gives gain its gradient and returns that of x where it is wanted.</summary>
    private static Value? Uncentred(GradientContext c, Value x, Value like, int gain, bool wanted)
    {
        GraphBuilder g = c.G;
        if (!wanted && !c.Wants(gain)) return null;
        long[] axes = TrailingAxes(c, like, c.Node.AttributeInt("axis", -1));
        float epsilon = c.Node.AttributeFloat("epsilon", 1e-5f);
        // The runtime's own operator hands out 1/rms and, where the gain is all ones, x/rms as well.
        bool simplified = c.Node.OpType == "SimplifiedLayerNormalization";
        Value inverse = simplified
            ? Statistic(c, 1, "inv_rms")
            : g.Op("Reciprocal", [g.Sqrt(g.Add(Mean(c, g.Mul(x, x), like, axes), c.Scalar(epsilon)))]);
        bool unit = simplified && IsOnes(c, c.Input(gain));
        Value normalized = unit ? c.Output() : g.Mul(x, inverse);
        if (c.Wants(gain)) c.GiveReduced(gain, g.Mul(c.Gradient, normalized));
        if (!wanted) return null;
        Value scaled = unit ? c.Gradient : g.Mul(c.Gradient, c.Input(gain));
        return g.Mul(inverse, g.Sub(scaled, g.Mul(normalized, Mean(c, g.Mul(scaled, normalized), like, axes))));
    }

    private static bool IsOnes(GradientContext c, Value gain) =>
        c.G.Graph.Initializer.FirstOrDefault(i => i.Name == gain.Name) is { DataType: (int)DataType.Float, DataLocation: not TensorProto.Types.DataLocation.External } tensor
        && !c.Wants(1) && OnnxFactory.Floats(tensor).AsSpan().IndexOfAnyExcept(1f) < 0;

    private static void SkipLayerNormalization(GradientContext c)
    {
        GraphBuilder g = c.G;
        RefuseStatistics(c);
        Skipped(c, 4, (sum, wanted) =>
        {
            long[] axes = TrailingAxes(c, c.Input(0), -1);
            // Not every kernel fills the outputs of statistics, so they are computed again.
            Value mean = Mean(c, sum, c.Input(0), axes), centred = g.Sub(sum, mean);
            Value variance = Mean(c, g.Mul(centred, centred), c.Input(0), axes);
            Value inverse = g.Op("Reciprocal", [g.Sqrt(g.Add(variance, c.Scalar(c.Node.AttributeFloat("epsilon", 1e-5f))))]);
            return Centred(c, sum, mean, inverse, axes, 2, 3, wanted);
        });
    }

    private static void SkipSimplified(GradientContext c)
    {
        RefuseStatistics(c);
        Skipped(c, 3, (sum, wanted) => Uncentred(c, sum, c.Input(0), 2, wanted));
    }

    /// <summary>The sum of input, skip and bias is normalized and handed on as output 3: the gradients of both meet in the sum.</summary>
    private static void Skipped(GradientContext c, int bias, Func<Value, bool, Value?> normalize)
    {
        bool wanted = c.Wants(0) || c.Wants(1) || c.Wants(bias);
        Value sum = c.DeclareOutput(3, "skip_sum");
        Value? gradient = c.OutputGradient(3);
        if (c.OutputGradient(0) is not null && normalize(sum, wanted) is { } through) gradient = gradient is { } direct ? c.G.Add(direct, through) : through;
        if (gradient is not { } total) return;
        foreach (int input in (int[])[0, 1, bias]) c.GiveReduced(input, total);
    }

    private static void RefuseStatistics(GradientContext c)
    {
        if (c.OutputGradient(1) is not null || c.OutputGradient(2) is not null) throw c.Unsupported("the outputs of statistics", "compute them by ReduceMean instead");
    }

    private static Value Statistic(GradientContext c, int output, string name) => Like(c, c.DeclareOutput(output, name));

    internal static long[] TrailingAxes(NodeContext c, Value x, long axis)
    {
        int rank = c.RankOf(x);
        return [.. Enumerable.Range(NodeContext.Axis(axis, rank), rank - NodeContext.Axis(axis, rank)).Select(i => (long)i)];
    }

    /// <summary>Mean over axes of a value shaped as <paramref name="like"/>, the axes kept as ones.</summary>
    internal static Value Mean(NodeContext c, Value value, Value like, long[] axes) =>
        c.G.Mul(c.G.ReduceSum(value, axes, true), ReductionRules.InverseCount(c, like, axes));
}
