using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Reading and writing at indices. Negative indices need no care: the scatter operators count them from the end as well.</summary>
internal static class GatherRules
{
    private static AttributeProto AddUp => OnnxFactory.Attribute("reduction", "add");

    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Gather", Gather, [0]);
        rules.Add("GatherElements", GatherElements, [0]);
        rules.Add("GatherND", GatherNd, [0]);
        rules.Add("ScatterND", c => ScatterRule.Apply(c, "GatherND"), [0, 2], "reduction none: no index twice");
        rules.Add("ScatterElements", c => ScatterRule.Apply(c, "GatherElements"), [0, 2], "reduction none: no index twice");
        rules.Add("TopK", TopK, [0], "gradient of the values");
        rules.Add("OneHot", OneHot, [2]);
        rules.Add("Compress", c => c.Give(0, MovedElements.Gradient(c, c.Input(0), c.Gradient, numbers => c.G.Op("Compress", [numbers, c.Input(1)], null, "", Attributes(c)))), [0]);
        rules.Add("ReverseSequence", c => c.Give(0, c.G.Op("ReverseSequence", [c.Gradient, c.Input(1)], null, "", Attributes(c))), [0]);
        rules.Stop("GatherBlockQuantized", "the quantized table stays as it is", GradientRules.Microsoft);
    }

    private static AttributeProto[] Attributes(GradientContext c) => [.. c.Node.Attribute.Select(a => a.Clone())];

    private static void Gather(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value data = c.Input(0);
        long axis = c.Node.AttributeInt("axis", 0);
        if (axis != 0) axis = NodeContext.Axis(axis, c.RankOf(data));
        if (axis != 0 && c.Shapes.Integers(c.Node.In(1)) is [long only])
        {
            c.Give(0, Placed(c, data, (int)axis, only));
            return;
        }
        Value indices = g.Unsqueeze(c.Input(1), [-1]);
        if (c.Shapes.Type(c.Node.In(1)) != TensorProto.Types.DataType.Int64) indices = g.Cast(indices, TensorProto.Types.DataType.Int64);
        if (axis == 0) c.Give(0, g.Op("ScatterND", [ShapeRules.ZerosLike(c, data), indices, c.Gradient], null, "", AddUp));
        else GatherInside(c, data, indices, (int)axis);
    }

    /// <summary>One index of an inner axis: zeros before it and behind it.</summary>
    private static Value Placed(GradientContext c, Value data, int axis, long index)
    {
        GraphBuilder g = c.G;
        int rank = c.RankOf(data);
        Value gradient = c.RankOf(c.Input(1)) == 0 ? g.Unsqueeze(c.Gradient, [axis]) : c.Gradient;
        Value size = ShapeRules.Size(c, data, axis);
        Value before = index < 0 ? g.Add(size, g.Ints(index)) : g.Ints(index), after = index < 0 ? g.Ints(-1 - index) : g.Sub(size, g.Ints(index + 1));
        if (ShapeRules.KnownSize(c, data, axis) is { } known) (before, after) = (g.Ints(index < 0 ? index + known : index), g.Ints(index < 0 ? -1 - index : known - 1 - index));
        Value none = g.Ints(new long[axis]), rest = g.Ints(new long[rank - 1 - axis]);
        return g.Op("Pad", [gradient, g.Concat([none, before, rest, none, after, rest], 0)]);
    }

    /// <summary>An inner axis is brought to the front, and back afterwards.</summary>
    private static void GatherInside(GradientContext c, Value data, Value indices, int axis)
    {
        GraphBuilder g = c.G;
        int rank = c.RankOf(data), indexRank = c.RankOf(c.Input(1)), outputRank = rank - 1 + indexRank;
        long[] toFront = [.. Range(axis, indexRank), .. Range(0, axis), .. Range(axis + indexRank, outputRank - axis - indexRank)];
        Value[] sizes = [ShapeRules.Size(c, data, axis), .. Enumerable.Range(0, rank).Where(i => i != axis).Select(i => ShapeRules.Size(c, data, i))];
        Value shape = c.Shapes.ConstantShape(data.Name) is { } known
            ? g.Ints([known[axis], .. known[..axis], .. known[(axis + 1)..]])
            : g.Concat(sizes, 0);
        Value scattered = g.Op("ScatterND", [ShapeRules.Zeros(c, shape), indices, g.Transpose(c.Gradient, toFront)], null, "", AddUp);
        c.Give(0, g.Transpose(scattered, [.. Range(1, axis), 0, .. Range(axis + 1, rank - axis - 1)]));
    }

    private static IEnumerable<long> Range(int start, int count) => Enumerable.Range(start, count).Select(i => (long)i);

    private static void GatherElements(GradientContext c) => c.Give(0, c.G.Op(
        "ScatterElements", [ShapeRules.ZerosLike(c, c.Input(0)), c.Input(1), c.Gradient], null, "",
        OnnxFactory.Attribute("axis", c.Node.AttributeInt("axis", 0)), AddUp));

    private static void GatherNd(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value indices = c.Input(1);
        int batch = (int)c.Node.AttributeInt("batch_dims", 0);
        if (batch > 0)
        {
            // The batch axes become leading indices of their own: zeros shaped [..., 1] plus 0, 1, 2, ... along one axis.
            int rank = c.RankOf(indices);
            Value first = g.Op("Slice", [indices, g.Ints(0), g.Ints(1), g.Ints(-1)]), zeros = g.Sub(first, first);
            List<Value> columns = [];
            for (int axis = 0; axis < batch; axis++)
            {
                Value size = g.Squeeze(ShapeRules.Size(c, indices, axis), [0]);
                long[] shape = [.. Enumerable.Repeat(1L, rank)];
                shape[axis] = -1;
                columns.Add(g.Add(zeros, g.Reshape(g.Op("Range", [g.Constant(0L), size, g.Constant(1L)]), shape)));
            }
            indices = g.Concat([.. columns, indices], -1);
        }
        c.Give(0, g.Op("ScatterND", [ShapeRules.ZerosLike(c, c.Input(0)), indices, c.Gradient], null, "", AddUp));
    }

    /// <summary>The values [off, on] stand in the result where a mask is 0 and 1.</summary>
    private static void OneHot(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value mask = g.Op("OneHot", [c.Input(0), c.Input(1), g.Concat([g.Reshape(c.Scalar(0), [1]), g.Reshape(c.Scalar(1), [1])], 0)], null, "", Attributes(c));
        Value on = g.ReduceSum(g.Mul(c.Gradient, mask), [], false), all = g.ReduceSum(c.Gradient, [], false);
        c.Give(2, g.Concat([g.Reshape(g.Sub(all, on), [1]), g.Reshape(on, [1])], 0));
    }

    private static void TopK(GradientContext c) => c.Give(0, c.G.Op(
        "ScatterElements", [ShapeRules.ZerosLike(c, c.Input(0)), c.DeclareOutput(1, "indices"), c.Gradient], null, "",
        OnnxFactory.Attribute("axis", c.Node.AttributeInt("axis", -1))));
}
