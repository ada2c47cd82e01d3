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
        rules.Add("ScatterND", c => Scatter(c, "GatherND"), [0, 2], "reduction none or add");
        rules.Add("ScatterElements", c => Scatter(c, "GatherElements"), [0, 2], "reduction none or add");
        rules.Add("TopK", TopK, [0], "gradient of the values");
    }

    private static void Gather(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value data = c.Input(0);
        int rank = c.RankOf(data), axis = GradientContext.Axis(c.Node.AttributeInt("axis", 0), rank);
        Value indices = g.Unsqueeze(c.Input(1), [-1]);
        if (c.Shapes.Type(c.Node.In(1)) != TensorProto.Types.DataType.Int64) indices = g.Cast(indices, TensorProto.Types.DataType.Int64);
        if (axis == 0)
        {
            c.Give(0, g.Op("ScatterND", [ShapeRules.ZerosLike(c, data), indices, c.Gradient], null, "", AddUp));
            return;
        }
        // Another axis is brought to the front, and back afterwards.
        int indexRank = c.RankOf(c.Input(1)), outputRank = rank - 1 + indexRank;
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

    /// <summary>Updates take the gradient from where they were written; the data lose it there, unless the updates were added to them.</summary>
    private static void Scatter(GradientContext c, string gather)
    {
        string reduction = c.Node.AttributeText("reduction", "none");
        if (reduction is not ("none" or "add")) throw c.Unsupported($"the reduction '{reduction}'", "use none or add");
        AttributeProto[] axis = c.Node.Find("axis") is { } given ? [given.Clone()] : [];
        if (c.Wants(0))
        {
            c.Give(0, reduction == "add"
                ? c.Gradient
                : c.G.Op(c.Node.OpType, [c.Gradient, c.Input(1), ShapeRules.ZerosLike(c, c.Input(2))], null, "", axis));
        }
        if (c.Wants(2)) c.Give(2, c.G.Op(gather, [c.Gradient, c.Input(1)], null, "", axis));
    }

    private static void TopK(GradientContext c) => c.Give(0, c.G.Op(
        "ScatterElements", [ShapeRules.ZerosLike(c, c.Input(0)), c.DeclareOutput(1, "indices"), c.Gradient], null, "",
        OnnxFactory.Attribute("axis", c.Node.AttributeInt("axis", -1))));
}
