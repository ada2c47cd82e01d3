using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients;

/// <summary>Sums, means and other reductions over axes.</summary>
internal static class ReductionRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("ReduceSum", c => c.Give(0, Spread(c, KeptGradient(c))), [0]);
        rules.Add("ReduceMean", c => c.Give(0, Spread(c, c.G.Mul(KeptGradient(c), InverseCount(c, c.Input(0), ReducedAxes(c))))), [0]);
    }

    /// <summary>The axes that the node reduces, counted from the front.</summary>
    private static long[] ReducedAxes(GradientContext c)
    {
        int rank = c.RankOf(c.Input(0));
        long[] axes = c.Axes(1) ?? [];
        if (axes.Length > 0) return [.. axes.Select(a => (long)GradientContext.Axis(a, rank)).Order()];
        return c.Node.AttributeInt("noop_with_empty_axes", 0) != 0 ? [] : [.. Enumerable.Range(0, rank).Select(i => (long)i)];
    }

    /// <summary>A value shaped as the node's output, with the reduced axes as ones.</summary>
    private static Value Kept(GradientContext c, Value value)
    {
        if (c.Node.AttributeInt("keepdims", 1) != 0) return value;
        long[] axes = ReducedAxes(c);
        return axes.Length == 0 ? value : c.G.Unsqueeze(value, axes);
    }

    private static Value KeptGradient(GradientContext c) => Kept(c, c.Gradient);

    private static Value Spread(GradientContext c, Value kept) => c.G.Op("Expand", [kept, ShapeRules.ShapeValue(c, c.Input(0))]);

    /// <summary>1 / (number of elements along the axes), a constant where the shape tells it.</summary>
    internal static Value InverseCount(GradientContext c, Value x, long[] axes)
    {
        if (c.ShapeOf(x) is { } shape && axes.All(a => shape[(int)a].IsConstant))
            return c.Scalar(1f / axes.Aggregate(1L, (n, a) => n * shape[(int)a].Value));
        GraphBuilder g = c.G;
        Value sizes = g.Gather(g.Shape(x), g.Ints(axes));
        DataType type = c.Shapes.Type(x.Name) == DataType.Undefined ? DataType.Float : c.Shapes.Type(x.Name);
        return g.Op("Reciprocal", [g.Op("ReduceProd", [g.Cast(sizes, type)], null, "", OnnxFactory.Attribute("keepdims", 0))]);
    }
}
