using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Patterns;

/// <summary>Takes out what changes nothing, so that the other patterns meet each other's values directly.</summary>
internal static class InertNodes
{
    /// <summary>Rewrites the graph; gives the number of nodes that nothing reads any more.</summary>
    public static int Apply(PatternGraph graph)
    {
        int count = 0;
        foreach (NodeProto node in graph.Graph.Node.ToArray())
        {
            string? source = node.OpType switch
            {
                "Identity" => node.Input[0],
                "Dropout" when IsInference(graph, node) => node.Input[0],
                "Cast" when graph.Shapes.Type(node.Input[0]) == (TensorProto.Types.DataType)node.AttributeInt("to", 0) => node.Input[0],
                "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" or "Expand" when SameShape(graph, node.Input[0], node.Output[0]) => node.Input[0],
                "Transpose" => Transposed(graph, node),
                _ => null,
            };
            if (node.OpType == "Reshape" && source is null && ReadBehindReshape(graph, node)) count++;
            if (source is null || graph.Index.Consumers(node.Output[0]).Count == 0) continue;
            graph.Replace(node.Output[0], new Building.Value(source));
            count++;
        }
        return count;
    }

    private static bool IsInference(PatternGraph graph, NodeProto node) =>
        (node.In(2).Length == 0 || graph.Shapes.Flag(node.In(2)) == false) && node.AttributeInt("training_mode", 0) == 0
        && (node.Out(1).Length == 0 || graph.Index.Consumers(node.Output[1]).Count == 0);

    private static bool SameShape(PatternGraph graph, string a, string b) =>
        graph.Shapes.Shape(a) is { } from && graph.Shapes.Shape(b) is { } to && from.SequenceEqual(to);

    // A reshape of a reshape reads the first one's operand, unless its shape keeps an axis of what it reads (0).
    private static bool ReadBehindReshape(PatternGraph graph, NodeProto node)
    {
        if (graph.Made(node.Input[0], "Reshape") is not { } first || !graph.Index.IsReadOnce(node.Input[0])) return false;
        if (graph.Shapes.Contents(node.Input[1]) is not { } shape || (node.AttributeInt("allowzero", 0) == 0 && shape.Any(d => d.Is(0) || !KnownPositive(d)))) return false;
        graph.Index.SetInput(node, 0, first.Input[0]);
        return true;
    }

    // A size that is a symbol may be 0 only where the tensor is empty; then -1 and 0 mean the same.
    private static bool KnownPositive(Dimension dimension) => !dimension.IsConstant || dimension.Value != 0;

    private static string? Transposed(PatternGraph graph, NodeProto node)
    {
        if (node.AttributeInts("perm") is not { } permutation) return null;
        if (IsIdentity(permutation)) return node.Input[0];
        if (graph.Made(node.Input[0], "Transpose") is not { } first || first.AttributeInts("perm") is not { } before) return null;
        long[] both = [.. permutation.Select(p => before[p])];
        if (IsIdentity(both)) return first.Input[0];
        graph.Index.SetInput(node, 0, first.Input[0]);
        node.Attribute.Remove(node.Find("perm"));
        node.Attribute.Add(OnnxFactory.Attribute("perm", both));
        return null;
    }

    private static bool IsIdentity(long[] permutation) => permutation.Select((p, i) => p == i).All(same => same);
}
