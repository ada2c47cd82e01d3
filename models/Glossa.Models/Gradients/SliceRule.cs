using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Slice: zeros around the gradient; with steps or axes that the graph computes, the gradient scattered to the places that were read.</summary>
internal static class SliceRule
{
    internal static void Apply(GradientContext c)
    {
        Value x = c.Input(0);
        int rank = c.Shapes.Rank(x.Name);
        long[]? axes = Axes(c), steps = c.Has(4) ? c.Shapes.Integers(c.Node.In(4)) : [];
        bool plain = rank >= 0 && axes is not null && steps is not null && Array.TrueForAll(steps, s => s == 1);
        c.Give(0, plain
            ? Padded(c, x, [.. axes!.Select(a => (long)NodeContext.Axis(a, rank))], rank)
            : MovedElements.Gradient(c, x, c.Gradient, numbers => c.G.Op("Slice", [numbers, .. Enumerable.Range(1, c.Node.Input.Count - 1).Select(c.Input)])));
    }

    /// <summary>The axes, the first ones where none are given; null where the graph computes them or their number.</summary>
    private static long[]? Axes(GradientContext c)
    {
        if (c.Has(3)) return c.Shapes.Integers(c.Node.In(3));
        return c.ShapeOf(c.Input(1)) is [{ IsConstant: true } length] ? [.. Enumerable.Range(0, (int)length.Value).Select(i => (long)i)] : null;
    }

    private static Value Padded(GradientContext c, Value x, long[] axes, int rank)
    {
        GraphBuilder g = c.G;
        if (ConstantPads(c, x, axes, rank) is { } pads) return Array.TrueForAll(pads, p => p == 0) ? c.Gradient : g.Op("Pad", [c.Gradient, g.Ints(pads)]);
        Value[] before = new Value[rank], after = new Value[rank];
        Array.Fill(before, g.Ints(0));
        Array.Fill(after, g.Ints(0));
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = (int)axes[i];
            Value size = ShapeRules.Size(c, x, axis), length = ShapeRules.Size(c, c.Output(), axis);
            Value start = Element(c, 1, i);
            Value fromFront = g.Where(g.Op("Less", [start, g.Ints(0)]), g.Add(start, size), start);
            before[axis] = g.Op("Min", [g.Op("Max", [fromFront, g.Ints(0)]), size]);
            after[axis] = g.Sub(g.Sub(size, before[axis]), length);
        }
        return g.Op("Pad", [c.Gradient, g.Concat([.. before, .. after], 0)]);
    }

    private static long[]? ConstantPads(GradientContext c, Value x, long[] axes, int rank)
    {
        if (c.ShapeOf(x) is not { } shape || c.Shapes.Integers(c.Node.In(1)) is not { } starts || c.Shapes.Integers(c.Node.In(2)) is not { } ends) return null;
        long[] pads = new long[2 * rank];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = (int)axes[i];
            if (!shape[axis].IsConstant)
            {
                if (starts[i] != 0 || ends[i] < int.MaxValue) return null;
                continue;
            }
            (long first, long last) = ShapeMap.SliceBounds(shape[axis].Value, starts[i], ends[i], 1);
            pads[axis] = first;
            pads[axis + rank] = shape[axis].Value - Math.Max(first, last);
        }
        return pads;
    }

    /// <summary>Element <paramref name="at"/> of an input as int64[1].</summary>
    private static Value Element(GradientContext c, int input, int at)
    {
        if (c.Shapes.Integers(c.Node.In(input)) is { } known) return c.G.Ints(known[at]);
        Value value = c.Shapes.Type(c.Node.In(input)) == TensorProto.Types.DataType.Int32
            ? c.G.Cast(c.Input(input), TensorProto.Types.DataType.Int64)
            : c.Input(input);
        return c.G.Gather(value, c.G.Ints(at));
    }
}
