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
    }

    private static void Gather(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value data = c.Input(0);
        int rank = c.RankOf(data), axis = GradientContext.Axis(c.Node.AttributeInt("axis", 0), rank);
        Value indices = g.Unsqueeze(c.Input(1), [-1]);
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
}
