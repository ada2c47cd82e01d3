using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Steps;

/// <summary>
/// Adds every gradient to an <c>acc.*</c> input. Where the gradient is a matrix product, the product itself adds (Gemm with C), and where it
/// is a scatter of rows, the scatter does: with input and output in the same memory nothing is copied.
/// </summary>
internal static class GradientAccumulation
{
    public static void Apply(GraphProto graph, IEnumerable<(string Name, long[] Shape)> parameters)
    {
        foreach ((string name, long[] shape) in parameters)
        {
            string accumulator = StepModel.Accumulator(name), output = StepModel.Gradient(name);
            graph.Input.Add(OnnxFactory.ValueInfo(accumulator, DataType.Float, [.. shape.Select(d => (object)d)]));
            GraphIndex index = new(graph);
            NodeProto identity = index.Producer(output, "Identity")!;
            NodeProto? source = index.IsReadOnce(identity.Input[0]) ? index.Producer(identity.Input[0]) : null;
            graph.Node.Remove(identity);
            if (!(source is not null && (FoldIntoSum(graph, index, source, shape.Length, accumulator, output)
                || (shape.Length == 2 && FoldIntoProduct(index, source, accumulator, output)) || FoldIntoScatter(index, source, accumulator, output))))
                graph.Node.Add(Node("Add", output, accumulator, identity.Input[0]));
        }
    }

    // A weight with several uses: the first contribution goes into the accumulator, the others are added one by one.
    private static bool FoldIntoSum(GraphProto graph, GraphIndex index, NodeProto source, int rank, string accumulator, string output)
    {
        if (source.OpType != "Add" || !source.Input.All(index.IsReadOnce)) return false;
        NodeProto? first = index.Producer(source.Input[0]), second = index.Producer(source.Input[1]);
        if (first is null || second is null) return false;
        string middle = output + ".partial";
        if (!(rank == 2 && FoldIntoProduct(index, first, accumulator, middle)) && !FoldIntoScatter(index, first, accumulator, middle)) return false;
        graph.Node.Remove(source);
        string rest = second.Output[0];
        if (!(rank == 2 && FoldIntoProduct(index, second, middle, output)) && !FoldIntoScatter(index, second, middle, output))
            graph.Node.Add(Node("Add", output, middle, rest));
        return true;
    }

    private static bool FoldIntoProduct(GraphIndex index, NodeProto source, string accumulator, string output)
    {
        if (source.OpType == "Transpose") return FoldIntoTransposedProduct(index, source, accumulator, output);
        bool batched = GraphIndex.IntAttribute(source, "transBatchA", 0) + GraphIndex.IntAttribute(source, "transBatchB", 0) > 0;
        if (source.OpType is not ("MatMul" or "FusedMatMul") || batched) return false;
        source.OpType = "Gemm";
        source.Domain = "";
        source.Input.Add(accumulator);
        source.Output[0] = output;
        return true;
    }

    // The gradient of a weight that is read transposed (a tied head, a matrix stored [outputs, inputs]): (A B)^T is B^T A^T, in place as well.
    private static bool FoldIntoTransposedProduct(GraphIndex index, NodeProto source, string accumulator, string output)
    {
        if (GraphIndex.Permutation(source) is not ([] or [1, 0]) || !index.IsReadOnce(source.Input[0]) || index.Producer(source.Input[0]) is not { OpType: "MatMul" or "FusedMatMul" } product) return false;
        if (GraphIndex.IntAttribute(product, "transBatchA", 0) + GraphIndex.IntAttribute(product, "transBatchB", 0) > 0) return false;
        bool leftTransposed = GraphIndex.IntAttribute(product, "transA", 0) != 0, rightTransposed = GraphIndex.IntAttribute(product, "transB", 0) != 0;
        string left = product.Input[0];
        if (!leftTransposed && index.Producer(left, "Transpose") is { } turned && GraphIndex.Permutation(turned) is [] or [1, 0]) (left, leftTransposed) = (turned.Input[0], true);
        float alpha = product.Attribute.FirstOrDefault(a => a.Name == "alpha")?.F ?? 1;
        source.OpType = "Gemm";
        source.Attribute.Clear();
        if (!rightTransposed) source.Attribute.Add(OnnxFactory.Attribute("transA", 1L));
        if (!leftTransposed) source.Attribute.Add(OnnxFactory.Attribute("transB", 1L));
        if (alpha != 1) source.Attribute.Add(OnnxFactory.Attribute("alpha", alpha));
        source.Input.Clear();
        source.Input.Add([product.Input[1], left, accumulator]);
        source.Output[0] = output;
        return true;
    }

    private static bool FoldIntoScatter(GraphIndex index, NodeProto source, string accumulator, string output)
    {
        if (source.OpType != "ScatterND" || source.Attribute.FirstOrDefault(a => a.Name == "reduction")?.S.ToStringUtf8() != "add") return false;
        if (index.Producer(source.Input[0], "ConstantOfShape") is null) return false;
        source.Input[0] = accumulator;
        source.Output[0] = output;
        return true;
    }

    private static NodeProto Node(string type, string output, params string[] inputs)
    {
        NodeProto node = new() { OpType = type, Name = output };
        node.Input.Add(inputs);
        node.Output.Add(output);
        return node;
    }
}
