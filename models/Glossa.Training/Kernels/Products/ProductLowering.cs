using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Kernels.Products;

/// <summary>
/// Writes MatMul, FusedMatMul and Gemm as <see cref="ProductKernel"/>s. Transpositions before and behind a product become part of it, and so do what is added to it: a bias, a residual. What the operator does not
/// cover (batches that are repeated, operands of one axis) stays as it is.
/// </summary>
internal sealed class ProductLowering
{
    private readonly GraphProto _graph;
    private readonly ShapeMap _shapes;
    private readonly GraphIndex _index;

    private ProductLowering(GraphProto graph, ShapeMap shapes) => (_graph, _shapes, _index) = (graph, shapes, new GraphIndex(graph));

    /// <summary>Rewrites a graph of known shapes, whose nodes stand in topological order before and after.</summary>
    public static void Apply(GraphProto graph, ShapeMap shapes)
    {
        ProductLowering lowering = new(graph, shapes);
        foreach (NodeProto node in graph.Node.Where(node => node.OpType is "MatMul" or "FusedMatMul" or "Gemm").ToArray()) lowering.Lower(node);
        GraphCleaning.DropUnread(graph);
        GraphCleaning.SortTopologically(graph);
    }

    private void Lower(NodeProto node)
    {
        if (Read(node) is not { } product || !IsCovered(product)) return;
        string result = node.Output[0];
        if (_index.IsReadOnce(result) && product.Addend.Length + product.Bias.Length == 0 && OnlyReader(result, "Transpose") is { } turned
            && GraphIndex.Permutation(turned) is { Length: > 0 } y && y[^1] == y.Length - 1)
        {
            product = product with { Y = y };
            result = Taken(turned);
        }
        while (product.Addend.Length == 0 && OnlyReader(result, "Add") is { } sum && sum.Input[0] != sum.Input[1])
        {
            string other = sum.Input[0] == result ? sum.Input[1] : sum.Input[0];
            if (product.Bias.Length == 0 && IsBias(other, result)) product = product with { Bias = other };
            else if (IsShapedAs(other, result)) product = product with { Addend = other };
            else break;
            result = Taken(sum);
        }
        Write(node, product, result);
    }

    /// <summary>The product that a node computes, its operands read through the transpositions that made them.</summary>
    private Product? Read(NodeProto node)
    {
        if (_shapes.Type(node.Output[0]) is not (DataType.Float or DataType.Undefined) || _shapes.Type(node.Input[0]) != DataType.Float) return null;
        int rankA = _shapes.Rank(node.Input[0]), rankB = _shapes.Rank(node.Input[1]);
        if (rankA < 2 || rankB < 2) return null;
        Product product = new()
        {
            A = Viewed(node.Input[0], Order(node, "A", rankA)),
            B = Viewed(node.Input[1], Order(node, "B", rankB)),
            Alpha = node.AttributeFloat("alpha", 1),
        };
        if (node.OpType != "Gemm" || node.In(2).Length == 0) return product;
        if (node.AttributeFloat("beta", 1) != 1) return null;
        if (IsBias(node.Input[2], node.Output[0])) return product with { Bias = node.Input[2] };
        return IsShapedAs(node.Input[2], node.Output[0]) ? product with { Addend = node.Input[2] } : null;
    }

    // The order in which the operator reads an operand's axes.
    private static long[] Order(NodeProto node, string operand, int rank)
    {
        long[] order = [.. Enumerable.Range(0, rank).Select(axis => (long)axis)];
        if (node.AttributeInt("transBatch" + operand, 0) != 0) order = [.. order[1..^1], 0, rank - 1];
        if (node.AttributeInt("trans" + operand, 0) != 0) (order[^1], order[^2]) = (order[^2], order[^1]);
        return order;
    }

    private Operand Viewed(string value, long[] order)
    {
        while (_index.Producer(value, "Transpose") is { } transpose && GraphIndex.Permutation(transpose) is { Length: > 0 } permutation)
        {
            long[] composed = Array.ConvertAll(order, axis => permutation[axis]);
            if (!IsReadable(composed)) break;
            (value, order) = (transpose.Input[0], composed);
        }
        return new Operand(value, order);
    }

    // One of the last two axes has to be stored innermost.
    private static bool IsReadable(long[] order) => order[^1] == order.Length - 1 || order[^2] == order.Length - 1;

    private bool IsCovered(Product product)
    {
        if (!IsReadable(product.A.Order) || !IsReadable(product.B.Order)) return false;
        Dimension[]? a = Sizes(product.A), b = Sizes(product.B);
        return a is not null && b is not null && (b.Length == 2 || (a.Length == b.Length && a.AsSpan(..^2).SequenceEqual(b.AsSpan(..^2))));
    }

    private Dimension[]? Sizes(Operand operand) => _shapes.Shape(operand.Value) is { } shape ? Array.ConvertAll(operand.Order, axis => shape[(int)axis]) : null;

    private NodeProto? OnlyReader(string value, string operation) =>
        _index.IsReadOnce(value) && _index.Consumers(value).First() is { Domain: "" or "ai.onnx" } reader && reader.OpType == operation ? reader : null;

    private bool IsBias(string value, string result) =>
        _shapes.Type(value) == DataType.Float && _shapes.Shape(value) is [var size] && _shapes.Shape(result) is { Count: > 0 } shape && size.Equals(shape[^1]);

    private bool IsShapedAs(string value, string result) =>
        _shapes.Type(value) == DataType.Float && _shapes.Shape(value) is { } a && _shapes.Shape(result) is { } b && a.SequenceEqual(b);

    // The product writes what a node made; the node goes.
    private string Taken(NodeProto node)
    {
        _graph.Node.Remove(node);
        return node.Output[0];
    }

    private void Write(NodeProto node, Product product, string result)
    {
        (node.OpType, node.Domain) = (ProductKernel.Operator.Name, KernelOperators.Domain);
        node.Attribute.Clear();
        AddOrder("a", product.A.Order);
        AddOrder("b", product.B.Order);
        if (product.Y is { } y) AddOrder("y", y);
        if (product.Alpha != 1) node.Attribute.Add(OnnxFactory.Attribute("alpha", product.Alpha));
        node.Input.Clear();
        node.Input.Add([product.A.Value, product.B.Value]);
        AddSummand("addend", product.Addend);
        AddSummand("bias", product.Bias);
        node.Output.Clear();
        node.Output.Add(result);
        _index.Track(node);

        void AddOrder(string name, long[] order)
        {
            if (order.Where((axis, i) => axis != i).Any()) node.Attribute.Add(OnnxFactory.Attribute(name, order.AsSpan()));
        }

        void AddSummand(string name, string value)
        {
            if (value.Length == 0) return;
            node.Attribute.Add(OnnxFactory.Attribute(name, 1L));
            node.Input.Add(value);
        }
    }

    /// <summary>A value and the order in which its axes are read.</summary>
    private sealed record Operand(string Value, long[] Order);

    private sealed record Product
    {
        public required Operand A { get; init; }

        public required Operand B { get; init; }

        public required float Alpha { get; init; }

        public long[]? Y { get; init; }

        public string Addend { get; init; } = "";

        public string Bias { get; init; } = "";
    }
}
