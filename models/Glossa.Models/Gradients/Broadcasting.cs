using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Undoes broadcasting: sums a gradient over the axes along which an operand was repeated.</summary>
internal static class Broadcasting
{
    /// <summary>Hands an operand the gradient of the node's first output, summed to the operand's shape.</summary>
    internal static void GiveReduced(this GradientContext c, int input, Value gradient)
    {
        if (c.Wants(input)) c.Give(input, Reduce(c, gradient, c.ShapeOf(c.Output()), c.Input(input)));
    }

    /// <summary>
    /// Sums <paramref name="gradient"/>, whose shape is <paramref name="from"/> (null: unknown), to the shape of <paramref name="target"/>.
    /// Axes are chosen now where the shapes are known well enough, otherwise when the graph runs.
    /// </summary>
    internal static Value Reduce(GradientContext c, Value gradient, IReadOnlyList<Dimension>? from, Value target)
    {
        if (c.ShapeOf(target) is not { } to || from is null || to.Count > from.Count) return ReduceAtRunTime(c.G, gradient, target);
        int extra = from.Count - to.Count;
        List<long> axes = [];
        for (int i = 0; i < to.Count; i++)
        {
            Dimension source = from[extra + i];
            if (to[i].Equals(source) || to[i].IsCutOf(source)) continue;
            if (to[i].Is(1)) axes.Add(extra + i);
            else if (!to[i].IsConstant) return ReduceAtRunTime(c.G, gradient, target);
        }
        long[] leading = [.. Enumerable.Range(0, extra).Select(i => (long)i)];
        if (axes.Count == 0) return extra == 0 ? gradient : c.G.ReduceSum(gradient, leading, false);
        if (extra == 0) return c.G.ReduceSum(gradient, [.. axes], true);
        if (axes.Count == to.Count) return c.G.Reshape(c.G.ReduceSum(gradient, [], false), [.. Enumerable.Repeat(1L, to.Count)]);
        return c.G.Squeeze(c.G.ReduceSum(gradient, [.. leading, .. axes], true), leading);
    }

    /// <summary>Finds the axes when the graph runs: those where the operand's shape, filled up with ones in front, differs from the gradient's.</summary>
    internal static Value ReduceAtRunTime(GraphBuilder g, Value gradient, Value target)
    {
        Value from = g.Shape(gradient), to = g.Shape(target);
        Value missing = g.Sub(g.Shape(from), g.Shape(to));
        Value ones = g.Op("ConstantOfShape", [missing], null, "", OnnxFactory.Attribute("value", OnnxFactory.Tensor("", [1], [1L])));
        Value filled = g.Concat([ones, to], 0);
        Value differs = g.Op("Not", [g.Op("Equal", [filled, from])]);
        Value axes = g.Reshape(g.Op("NonZero", [differs]), [-1]);
        Value sum = g.Op("ReduceSum", [gradient, axes], null, "", OnnxFactory.Attribute("keepdims", 1), OnnxFactory.Attribute("noop_with_empty_axes", 1));
        return g.Reshape(sum, to);
    }
}
