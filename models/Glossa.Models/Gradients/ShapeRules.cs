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
            rules.Add(op, c => c.Give(0, c.G.Reshape(c.Gradient, ShapeValue(c, c.Input(0)))), [0]);
        rules.Add("Expand", c => c.GiveReduced(0, c.Gradient), [0]);
        rules.Add("Concat", Concat);
        rules.Add("Split", Split, [0]);
        rules.Add("Slice", SliceRule.Apply, [0]);
        rules.Add("Pad", PadRule.Apply, restrictions: "no gradient to the padding value");
        rules.Add("Tile", Tile, [0]);
        rules.Add("CumSum", c => c.Give(0, c.G.Op("CumSum", [c.Gradient, c.Input(1)], null, "",
            OnnxFactory.Attribute("exclusive", c.Node.AttributeInt("exclusive", 0)), OnnxFactory.Attribute("reverse", 1 - c.Node.AttributeInt("reverse", 0)))), [0]);
        rules.Add("Trilu", c => c.Give(0, c.G.Op("Trilu", c.Has(1) ? [c.Gradient, c.Input(1)] : [c.Gradient], null, "",
            OnnxFactory.Attribute("upper", c.Node.AttributeInt("upper", 1)))), [0]);
    }

    /// <summary>
    /// A value's shape as int64[rank] for Reshape and Expand: a constant where it is known, otherwise read from the value itself.
    /// </summary>
    internal static Value ShapeValue(GradientContext c, Value value) =>
        c.Shapes.ConstantShape(value.Name) is { } shape ? c.G.Ints(shape) : c.G.Shape(value);

    /// <summary>Zeros shaped as a value, in the element type of the node's output.</summary>
    internal static Value ZerosLike(GradientContext c, Value value) => Zeros(c, ShapeValue(c, value));

    /// <summary>Zeros of a shape that a value holds, in the element type of the node's output.</summary>
    internal static Value Zeros(GradientContext c, Value shape)
    {
        TensorProto.Types.DataType type = c.Shapes.Type(c.Node.Out(0));
        if (type is TensorProto.Types.DataType.Float or TensorProto.Types.DataType.Undefined) return c.G.Op("ConstantOfShape", [shape]);
        return c.G.Op("Expand", [c.Scalar(0), shape]);
    }

    /// <summary>The size of one axis as int64[1].</summary>
    internal static Value Size(GradientContext c, Value value, int axis) =>
        c.ShapeOf(value) is { } shape && shape[axis].IsConstant ? c.G.Ints(shape[axis].Value) : c.G.Gather(c.G.Shape(value), c.G.Ints(axis));

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
        Value[] sizes = new Value[count];
        for (int i = 0; i < count; i++) sizes[i] = Size(c, c.Input(i), GradientContext.Axis(axis, c.RankOf(c.Input(i))));
        Value split = Sizes(c, sizes);
        string[] names = [.. Enumerable.Range(0, count).Select(_ => "part")];
        Value[] parts = c.G.Ops("Split", [c.Gradient, split], names, "", OnnxFactory.Attribute("axis", axis));
        for (int i = 0; i < count; i++) c.Give(i, parts[i]);
    }

    private static Value Sizes(GradientContext c, Value[] sizes)
    {
        long[] known = new long[sizes.Length];
        int axis = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            axis = GradientContext.Axis(c.Node.AttributeInt("axis", 0), c.RankOf(c.Input(i)));
            if (c.ShapeOf(c.Input(i)) is not { } shape || !shape[axis].IsConstant) return c.G.Concat(sizes, 0);
            known[i] = shape[axis].Value;
        }
        return c.G.Ints(known);
    }

    private static void Split(GradientContext c)
    {
        Value[] parts = new Value[c.Node.Output.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            if (c.OutputGradient(i) is { } gradient) parts[i] = gradient;
            else if (c.Node.Output[i].Length > 0) parts[i] = ZerosLike(c, c.Output(i));
            else
            {
                // A part that nobody reads still has its place: name it, to know its shape.
                c.Node.Output[i] = c.G.Unique("unused");
                parts[i] = c.G.Op("Mul", [c.Output(i), c.Scalar(0)]);
            }
        }
        c.Give(0, parts.Length == 1 ? parts[0] : c.G.Concat(parts, c.Node.AttributeInt("axis", 0)));
    }

    /// <summary>[r1 d1, r2 d2, ...] is [r1, d1, r2, d2, ...], summed over the repeats.</summary>
    private static void Tile(GradientContext c)
    {
        GraphBuilder g = c.G;
        int rank = c.RankOf(c.Input(0));
        if (rank == 0)
        {
            c.Give(0, c.Gradient);
            return;
        }
        Value pairs = g.Concat([g.Unsqueeze(c.Input(1), [1]), g.Unsqueeze(ShapeValue(c, c.Input(0)), [1])], 1);
        Value parted = g.Reshape(c.Gradient, g.Reshape(pairs, [-1]));
        c.Give(0, g.ReduceSum(parted, [.. Enumerable.Range(0, rank).Select(i => 2L * i)], false));
    }
}
