using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Losses;

/// <summary>
/// How logits come out of a graph: a product of hidden rows with one matrix, then nodes that treat every row alike (bias, scale, soft cap, cast). Both
/// can be written again over fewer rows.
/// </summary>
/// <param name="Rows">What the rows are taken from: the product's left operand; the logits themselves where there is no such product.</param>
/// <param name="Product">The product, or null.</param>
/// <param name="Tail">The nodes between the product and the logits, in order.</param>
internal sealed record LogitsHead(Value Rows, NodeProto? Product, IReadOnlyList<NodeProto> Tail)
{
    /// <summary>Finds it, from the logits backwards.</summary>
    public static LogitsHead Find(GraphIndex index, ShapeMap shapes, string logits)
    {
        Stack<NodeProto> tail = new();
        string at = logits;
        while (index.Producer(at) is { } node && RowWiseInput(node, shapes) is { } next)
        {
            tail.Push(node);
            at = next;
        }
        bool found = index.Producer(at, "MatMul") is { } product && IsMatrix(index, shapes, product.Input[1])
            && (shapes.Rank(product.Input[0]) == shapes.Rank(logits) || shapes.Rank(logits) < 0);
        return found ? new LogitsHead(new Value(index.Producer(at)!.Input[0]), index.Producer(at), [.. tail]) : new LogitsHead(new Value(logits), null, []);
    }

    /// <summary>Writes product and tail over rows <c>[rows, hidden]</c>; gives the logits <c>[rows, vocabulary]</c>.</summary>
    public Value Over(GraphBuilder g, Value rows)
    {
        if (Product is null) return rows;
        Value value = g.MatMul(rows, new Value(Product.Input[1]), "logits");
        string replaced = Product.Output[0];
        foreach (NodeProto node in Tail)
        {
            Value[] inputs = [.. node.Input.Select(input => input == replaced ? value : new Value(input))];
            value = g.Op(node.OpType, inputs, "logits." + node.OpType, node.Domain, [.. node.Attribute]);
            replaced = node.Output[0];
        }
        return value;
    }

    private static bool IsMatrix(GraphIndex index, ShapeMap shapes, string value) => index.Initializer(value) is { } weight ? weight.Dims.Count == 2 : shapes.Rank(value) == 2;

    // The operand that carries the rows, where the node is elementwise and its other operand is a scalar or runs along the last axis.
    private static string? RowWiseInput(NodeProto node, ShapeMap shapes)
    {
        if (node.Domain is not ("" or "ai.onnx")) return null;
        switch (node.OpType)
        {
            case "Identity" or "Cast" or "Tanh" or "Neg":
                return node.Input[0];
            case "Add" or "Sub" or "Mul" or "Div":
                if (shapes.Rank(node.Input[1]) is 0 or 1 && shapes.Rank(node.Input[0]) > 1) return node.Input[0];
                return shapes.Rank(node.Input[0]) is 0 or 1 && shapes.Rank(node.Input[1]) > 1 ? node.Input[1] : null;
            default:
                return null;
        }
    }
}
