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
                || (shape.Length == 2 && FoldIntoProduct(source, accumulator, output)) || FoldIntoScatter(index, source, accumulator, output))))
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
        if (!(rank == 2 && FoldIntoProduct(first, accumulator, middle)) && !FoldIntoScatter(index, first, accumulator, middle)) return false;
        graph.Node.Remove(source);
        string rest = second.Output[0];
        if (!(rank == 2 && FoldIntoProduct(second, middle, output)) && !FoldIntoScatter(index, second, middle, output))
            graph.Node.Add(Node("Add", output, middle, rest));
        return true;
    }

    private static bool FoldIntoProduct(NodeProto source, string accumulator, string output)
    {
        bool batched = GraphIndex.IntAttribute(source, "transBatchA", 0) + GraphIndex.IntAttribute(source, "transBatchB", 0) > 0;
        if (source.OpType is not ("MatMul" or "FusedMatMul") || batched) return false;
        source.OpType = "Gemm";
        source.Domain = "";
        source.Input.Add(accumulator);
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
