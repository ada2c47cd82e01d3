using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Slice: zeros around the gradient; with steps, the gradient scattered to the places that were read.</summary>
internal static class SliceRule
{
    internal static void Apply(GradientContext c)
    {
        Value x = c.Input(0);
        int rank = c.RankOf(x);
        int count = Count(c);
        long[] axes = c.Has(3) ? c.ConstantIntegers(3, "slice axes") : Enumerable.Range(0, count).Select(i => (long)i).ToArray();
        axes = [.. axes.Select(a => (long)GradientContext.Axis(a, rank))];
        long[]? steps = c.Has(4) ? c.Shapes.Integers(c.Node.In(4)) : Enumerable.Repeat(1L, axes.Length).ToArray();
        if (steps is not null && Array.TrueForAll(steps, s => s == 1)) c.Give(0, Padded(c, x, axes, rank));
        else c.Give(0, Scattered(c, x, axes));
    }

    private static int Count(GradientContext c)
    {
        if (c.ShapeOf(c.Input(1)) is [{ IsConstant: true } length]) return (int)length.Value;
        return c.Has(3) ? c.ConstantIntegers(3, "slice axes").Length : throw c.Unsupported("an unknown number of slice axes", "fold the constants of the graph first");
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

    /// <summary>Cuts the indices of each axis as the data were cut and scatters the gradient to them, the last axis first.</summary>
    private static Value Scattered(GradientContext c, Value x, long[] axes)
    {
        GraphBuilder g = c.G;
        Value gradient = c.Gradient;
        int rank = c.RankOf(x);
        for (int i = axes.Length - 1; i >= 0; i--)
        {
            int axis = (int)axes[i];
            Value size = ShapeRules.Size(c, x, axis);
            Value all = g.Op("Range", [g.Constant(0L), g.Squeeze(size, [0]), g.Constant(1L)]);
            Value step = c.Has(4) ? Element(c, 4, i) : g.Ints(1);
            Value read = g.Op("Slice", [all, Element(c, 1, i), Element(c, 2, i), g.Ints(0), step]);
            long[] column = new long[rank];
            Array.Fill(column, 1);
            column[axis] = -1;
            Value shape = g.Shape(gradient);
            // Added to zeros instead of expanded: ONNX Runtime refuses to expand to an empty shape.
            Value zeros = g.Op("ConstantOfShape", [shape], null, "", OnnxFactory.Attribute("value", OnnxFactory.Tensor("", [1], [0L])));
            Value indices = g.Add(g.Reshape(read, column), zeros);
            Value[] sizes = new Value[rank];
            for (int d = 0; d < rank; d++) sizes[d] = d == axis ? size : g.Gather(shape, g.Ints(d));
            gradient = g.Op("ScatterElements", [ShapeRules.Zeros(c, g.Concat(sizes, 0)), indices, gradient], null, "", OnnxFactory.Attribute("axis", (long)axis));
        }
        return gradient;
    }
}
