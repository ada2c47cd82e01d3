using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Sums, means and other reductions over axes. Where several elements are the maximum, they share its gradient.</summary>
internal static class ReductionRules
{
    internal static void AddTo(RuleCollector rules)
    {
        Add("ReduceSum", c => Spread(c, KeptGradient(c)));
        Add("ReduceMean", c => Spread(c, Mean(c)));
        Add("ReduceMax", Extreme);
        Add("ReduceMin", Extreme);
        Add("ReduceProd", Product);
        Add("ReduceL1", c => c.G.Mul(KeptGradient(c), c.G.Op("Sign", [c.Input(0)])));
        Add("ReduceL2", Norm);
        Add("ReduceSumSquare", c => c.G.Mul(c.G.Mul(KeptGradient(c), c.Scalar(2)), c.Input(0)));
        Add("ReduceLogSum", c => Spread(c, c.G.Mul(KeptGradient(c), c.G.Op("Exp", [c.G.Neg(Kept(c, c.Output()))]))));
        Add("ReduceLogSumExp", LogSumExp);

        void Add(string op, Func<GradientContext, Value> gradient) =>
            rules.Add(op, c => c.Give(0, gradient(c)), [0]);
    }

    /// <summary>The axes that the node reduces, from the front where the rank is known; null where the graph computes them, or for all axes of an unknown rank.</summary>
    private static long[]? ReducedAxes(GradientContext c)
    {
        int rank = c.Shapes.Rank(c.Node.In(0));
        long[]? axes = c.Has(1) ? c.Shapes.Integers(c.Node.In(1)) : c.Node.AttributeInts("axes") ?? [];
        if (axes is null) return null;
        if (axes.Length > 0) return rank < 0 ? axes : [.. axes.Select(a => (long)NodeContext.Axis(a, rank)).Order()];
        if (c.Node.AttributeInt("noop_with_empty_axes", 0) != 0) return [];
        return rank < 0 ? null : MatrixRules.LongRange(rank);
    }

    /// <summary>A value shaped as the node's output, with the reduced axes as ones.</summary>
    private static Value Kept(GradientContext c, Value value)
    {
        if (c.Node.AttributeInt("keepdims", 1) != 0) return value;
        if (ReducedAxes(c) is { } axes) return axes.Length == 0 ? value : c.G.Unsqueeze(value, axes);
        return ShapeRules.ReshapedLike(c, value, Sum(c, c.Input(0)));
    }

    private static Value KeptGradient(GradientContext c) => Kept(c, c.Gradient);

    private static Value Spread(GradientContext c, Value kept) => c.G.Op("Expand", [kept, ShapeRules.ShapeValue(c, c.Input(0))]);

    private static Value Extreme(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value chosen = g.Op("Equal", [c.Input(0), Kept(c, c.Output())]);
        Value share = g.Div(KeptGradient(c), Sum(c, g.Cast(chosen, c.ElementType)));
        return g.Where(chosen, share, c.Scalar(0));
    }

    /// <summary>The product of the other elements: P / x without zeros; with one zero, the product of the rest goes to it alone.</summary>
    private static Value Product(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value zero = c.Scalar(0), one = c.Scalar(1);
        Value isZero = g.Op("Equal", [c.Input(0), zero]), filled = g.Where(isZero, one, c.Input(0));
        NodeProto forward = c.Node;
        Value zeros = Sum(c, g.Cast(isZero, c.ElementType));
        Value[] inputs = c.Has(1) ? [filled, c.Input(1)] : [filled];
        Value product = g.Op("ReduceProd", inputs, null, "", [.. forward.Attribute.Where(a => a.Name != "keepdims").Select(a => a.Clone()), OnnxFactory.Attribute("keepdims", 1)]);
        Value atZero = g.Where(g.Op("Equal", [zeros, one]), product, zero);
        Value elsewhere = g.Where(g.Op("Equal", [zeros, zero]), g.Div(product, filled), zero);
        return g.Mul(KeptGradient(c), g.Where(isZero, atZero, elsewhere));
    }

    /// <summary>x / |x|, and 0 for the zero vector.</summary>
    private static Value Norm(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value norm = Kept(c, c.Output()), zero = c.Scalar(0);
        Value ratio = g.Where(g.Op("Equal", [norm, zero]), zero, g.Div(KeptGradient(c), norm));
        return g.Mul(c.Input(0), ratio);
    }

    /// <summary>The sum over the node's axes, which stay as ones.</summary>
    private static Value Sum(GradientContext c, Value value)
    {
        if (ReducedAxes(c) is { } axes) return axes.Length == 0 ? value : c.G.ReduceSum(value, axes, true);
        Value[] inputs = c.Has(1) ? [value, c.Input(1)] : [value];
        return c.G.Op("ReduceSum", inputs, null, "", OnnxFactory.Attribute("keepdims", 1), OnnxFactory.Attribute("noop_with_empty_axes", c.Node.AttributeInt("noop_with_empty_axes", 0)));
    }

    private static Value Mean(GradientContext c)
    {
        if (ReducedAxes(c) is { } axes) return c.G.Mul(KeptGradient(c), InverseCount(c, c.Input(0), axes));
        Value Count(Value value) => c.G.Cast(c.G.Op("Size", [value]), c.ElementType);
        return c.G.Mul(KeptGradient(c), c.G.Div(Count(c.Output()), Count(c.Input(0))));
    }

    /// <summary>exp(x - y); a row that is -inf as a whole has no share in anything.</summary>
    private static Value LogSumExp(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value sum = Kept(c, c.Output());
        Value finite = g.Where(g.Op("IsInf", [sum]), c.Scalar(0), sum);
        return g.Mul(KeptGradient(c), g.Op("Exp", [g.Sub(c.Input(0), finite)]));
    }

    /// <summary>1 / (number of elements along the axes), a constant where the shape tells it.</summary>
    internal static Value InverseCount(NodeContext c, Value x, long[] axes)
    {
        if (c.ShapeOf(x) is { } shape && axes.All(a => shape[(int)a].IsConstant))
            return c.Scalar(1f / axes.Aggregate(1L, (n, a) => n * shape[(int)a].Value));
        GraphBuilder g = c.G;
        Value sizes = g.Gather(g.Shape(x), g.Ints(axes));
        return g.Op("Reciprocal", [g.Op("ReduceProd", [g.Cast(sizes, c.ElementType)], null, "", OnnxFactory.Attribute("keepdims", 0))]);
    }
}
