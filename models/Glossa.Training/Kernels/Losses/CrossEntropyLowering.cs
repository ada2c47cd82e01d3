using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Kernels.Losses;

/// <summary>
/// Writes the cross entropy of a training step as one <see cref="CrossEntropyKernel"/>: the softmax, the probability of the right class and its logarithm, with the detour for those that underflow, and the gradient.
/// </summary>
internal static class CrossEntropyLowering
{
    /// <summary>Rewrites a graph of known shapes, whose nodes stand in topological order before and after.</summary>
    public static void Apply(GraphProto graph, ShapeMap shapes)
    {
        GraphIndex index = new(graph);
        foreach (NodeProto gradient in graph.Node.Where(node => node.OpType == "ScatterND").ToArray())
        {
            if (Match(index, gradient) is not { } match) continue;
            if (shapes.Shape(match.Logits) is not [var rows, var classes] || shapes.Shape(match.Target) is not [_]) continue;
            graph.Node.Remove(gradient);
            graph.Node.Remove(match.Nats);
            NodeProto node = new() { OpType = CrossEntropyKernel.Operator.Name, Domain = KernelOperators.Domain, Name = "cross_entropy" };
            node.Input.Add([match.Logits, match.Target]);
            node.Output.Add([gradient.Output[0], match.Nats.Output[0]]);
            graph.Node.Add(node);
            // What tells the runtime that logits and gradient are of one shape.
            foreach (string value in (string[])[match.Logits, gradient.Output[0]])
                graph.ValueInfo.Add(OnnxFactory.ValueInfo(value, DataType.Float, rows.IsConstant ? rows.Value : "cross_entropy.rows", classes.IsConstant ? classes.Value : "cross_entropy.classes"));
        }
        GraphCleaning.DropUnread(graph);
        GraphCleaning.SortTopologically(graph);
    }

    // ScatterND(softmax, cells, Sub(GatherND(softmax, cells), 1)), and from the gathered probabilities Max, Log, Neg, ScatterND to the nats.
    private static (string Logits, string Target, NodeProto Nats)? Match(GraphIndex index, NodeProto gradient)
    {
        string probability = gradient.Input[0], cells = gradient.Input[1];
        if (index.Producer(probability, "Softmax") is not { } softmax || softmax.AttributeInt("axis", -1) != -1) return null;
        if (index.Producer(gradient.Input[2], "Sub") is not { } difference || index.Producer(difference.Input[0], "GatherND") is not { } gathered) return null;
        if (gathered.Input[0] != probability || gathered.Input[1] != cells || index.Consumers(probability).Count != 2) return null;
        if (index.Producer(cells, "Concat") is not { Input.Count: 2 } pair || index.Producer(pair.Input[1], "Unsqueeze") is not { } column) return null;
        string value = gathered.Output[0];
        foreach (string operation in (string[])["Max", "Log", "Neg", "ScatterND"])
        {
            if (index.Consumers(value).FirstOrDefault(reader => reader.OpType == operation && reader.Input[0] == value) is not { } next) return null;
            if (operation == "ScatterND") return (softmax.Input[0], column.Input[0], next);
            value = next.Output[0];
        }
        return null;
    }
}
