using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Steps;

/// <summary>
/// For y = r * r with r = relu(x), dx = 2 r dy: r is zero where x is negative, so no comparison is needed, and the 2 goes into the product that
/// makes dy. Matches Where(r > 0, dy * r + dy * r, 0) as the rules of Mul and Relu write it.
/// </summary>
internal static class SquaredReluGradient
{
    public static void Apply(GraphProto graph)
    {
        GraphIndex index = new(graph);
        GraphBuilder g = new(graph);
        foreach (NodeProto where in graph.Node.Where(node => node.OpType == "Where").ToArray())
        {
            if (index.Producer(where.Input[0], "Greater") is not { } greater || index.Producer(greater.Input[0], "Relu") is not { } relu) continue;
            if (index.Producer(where.Input[1], "Add") is not { } sum || sum.Input[0] != sum.Input[1]) continue;
            if (index.Producer(sum.Input[0], "Mul") is not { } product || !product.Input.Contains(relu.Output[0])) continue;
            string gradient = product.Input[0] == relu.Output[0] ? product.Input[1] : product.Input[0];
            index.ReplaceUses(where.Output[0], g.Mul(new Value(Doubled(index, g, gradient)), new Value(relu.Output[0]), "relu2.gradient").Name);
        }
    }

    private static string Doubled(GraphIndex index, GraphBuilder g, string gradient)
    {
        NodeProto? matrix = index.Producer(gradient, "FusedMatMul");
        if (matrix is null || matrix.Attribute.Any(attribute => attribute.Name == "alpha"))
            return g.Mul(new Value(gradient), g.Constant(2f), "relu2.doubled").Name;
        return g.Op("FusedMatMul", [new Value(matrix.Input[0]), new Value(matrix.Input[1])], "relu2.doubled", FusedOperators.Domain,
            [.. matrix.Attribute, OnnxFactory.Attribute("alpha", 2f)]).Name;
    }
}
