using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Operators that rearrange, join, cut or repeat elements.</summary>
internal static class ShapeRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Transpose", Transpose);
        foreach (string op in (string[])["Reshape", "Flatten", "Squeeze", "Unsqueeze"])
            rules.Add(op, c => c.Give(0, ReshapedLike(c, c.Gradient, c.Input(0))), [0]);
        rules.Add("Expand", c => c.GiveReduced(0, c.Gradient), [0]);
        rules.Add("Concat", Concat);
        rules.Add("Split", Split, [0]);
        rules.Add("Slice", SliceRule.Apply, [0]);
        rules.Add("Pad", PadRule.Apply, [0, 2]);
        rules.Add("Tile", Tile, [0]);
        rules.Add("CumSum", c => c.Give(0, c.G.Op("CumSum", [c.Gradient, c.Input(1)], null, "",
            OnnxFactory.Attribute("exclusive", c.Node.AttributeInt("exclusive", 0)), OnnxFactory.Attribute("reverse", 1 - c.Node.AttributeInt("reverse", 0)))), [0]);
        rules.Add("Trilu", c => c.Give(0, c.G.Op("Trilu", c.Has(1) ? [c.Gradient, c.Input(1)] : [c.Gradient], null, "",
            OnnxFactory.Attribute("upper", c.Node.AttributeInt("upper", 1)))), [0]);
    }

    /// <summary>
    /// A value's shape as int64[rank] for Reshape and Expand: a constant where it is known, otherwise read from the value itself.
    /// </summary>
    internal static Value ShapeValue(NodeContext c, Value value) =>
        c.Shapes.ConstantShape(value.Name) is { } shape ? c.G.Ints(shape) : c.G.Shape(value);

    /// <summary>The same elements in the shape of another value. A dimension may be 0, which Reshape reads as "copy" unless told otherwise.</summary>
    internal static Value ReshapedLike(NodeContext c, Value value, Value like) =>
        c.Shapes.ConstantShape(like.Name) is { } shape && !shape.Contains(0)
            ? c.G.Reshape(value, shape)
            : c.G.Op("Reshape", [value, ShapeValue(c, like)], null, "", OnnxFactory.Attribute("allowzero", 1));

    /// <summary>Zeros shaped as a value, in the element type of the node's output.</summary>
    internal static Value ZerosLike(NodeContext c, Value value) => Zeros(c, ShapeValue(c, value));

    /// <summary>Zeros of a shape that a value holds, in the element type of the node's output.</summary>
    internal static Value Zeros(NodeContext c, Value shape)
    {
        if (c.ElementType == TensorProto.Types.DataType.Float) return c.G.Op("ConstantOfShape", [shape]);
        return c.G.Op("Expand", [c.Scalar(0), shape]);
    }

    /// <summary>The size of one axis, counted from either end, as int64[1].</summary>
    internal static Value Size(NodeContext c, Value value, long axis) =>
        KnownSize(c, value, axis) is { } size ? c.G.Ints(size) : c.G.Gather(c.G.Shape(value), c.G.Ints(axis));

    /// <summary>The size of one axis where it is a known number.</summary>
    internal static long? KnownSize(NodeContext c, Value value, long axis) =>
        c.ShapeOf(value) is { } shape && shape[NodeContext.Axis(axis, shape.Count)] is { IsConstant: true } size ? size.Value : null;

    private static void Transpose(GradientContext c)
    {
        if (c.Node.AttributeInts("perm") is not { } permutation)
        {
            c.Give(0, c.G.Op("Transpose", [c.Gradient]));
            return;
        }
        long[] inverse = new long[permutation.Length];
        for (int i = 0; i < inverse.Length; i++) inverse[permutation[i]] = i;
        c.Give(0, c.G.Transpose(c.Gradient, inverse));
    }

    private static void Concat(GradientContext c)
    {
        long axis = c.Node.AttributeInt("axis", 0);
        int count = c.Node.Input.Count;
        if (count == 1)
        {
            c.Give(0, c.Gradient);
            return;
        }
        long?[] known = [.. Enumerable.Range(0, count).Select(i => KnownSize(c, c.Input(i), axis))];
        Value split = Array.TrueForAll(known, size => size is not null)
            ? c.G.Ints(Array.ConvertAll(known, size => size!.Value))
            : c.G.Concat([.. Enumerable.Range(0, count).Select(i => Size(c, c.Input(i), axis))], 0);
        string[] names = [.. Enumerable.Range(0, count).Select(_ => "part")];
        Value[] parts = c.G.Ops("Split", [c.Gradient, split], names, "", OnnxFactory.Attribute("axis", axis));
        for (int i = 0; i < count; i++) c.Give(i, parts[i]);
    }

    private static void Split(GradientContext c)
    {
        Value[] parts = new Value[c.Node.Output.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            // A part that nobody reads still has its place: it is named, to know its shape.
            parts[i] = c.OutputGradient(i) ?? ZerosLike(c, c.DeclareOutput(i, "unused"));
        }
        c.Give(0, parts.Length == 1 ? parts[0] : c.G.Concat(parts, c.Node.AttributeInt("axis", 0)));
    }

    /// <summary>[r1 d1, r2 d2, ...] is [r1, d1, r2, d2, ...], summed over the repeats.</summary>
    private static void Tile(GradientContext c)
    {
        GraphBuilder g = c.G;
        int rank = c.Shapes.Rank(c.Node.In(0));
        if (rank < 0) c.Give(0, MovedElements.Gradient(c, c.Input(0), c.Gradient, numbers => g.Op("Tile", [numbers, c.Input(1)])));
        if (rank == 0) c.Give(0, c.Gradient);
        if (rank <= 0) return;
        Value pairs = g.Concat([g.Unsqueeze(c.Input(1), [1]), g.Unsqueeze(ShapeValue(c, c.Input(0)), [1])], 1);
        Value parted = g.Op("Reshape", [c.Gradient, g.Reshape(pairs, [-1])], null, "", OnnxFactory.Attribute("allowzero", 1));
        c.Give(0, g.ReduceSum(parted, [.. Enumerable.Range(0, rank).Select(i => 2L * i)], false));
    }
}
