using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Kernels.Losses;

/// <summary>
/// Writes the cross entropy of a training step as one <see cref="CrossEntropyKernel"/>: the softmax, the probability of the right class and its logarithm, with the detour for those that underflow, what soft targets
/// add, and the gradient.
/// </summary>
internal static class CrossEntropyLowering
{
    /// <summary>Rewrites a graph of known shapes, whose nodes stand in topological order before and after.</summary>
    public static void Apply(GraphProto graph, ShapeMap shapes)
    {
        GraphIndex index = new(graph);
        foreach (NodeProto gradient in graph.Node.Where(node => node.OpType == "ScatterND").ToArray())
        {
            if ((Match(index, gradient) ?? MatchSoft(index, gradient)) is not { } match) continue;
            if (shapes.Shape(match.Logits) is not [var rows, var classes] || shapes.Rank(match.Target) != (match.Weights is null ? 1 : 2)) continue;
            graph.Node.Remove(gradient);
            graph.Node.Remove(match.Nats);
            NodeProto node = new() { OpType = CrossEntropyKernel.Operator.Name, Domain = KernelOperators.Domain, Name = "cross_entropy" };
            node.Input.Add(match.Weights is null ? [match.Logits, match.Target] : [match.Logits, match.Target, match.Weights]);
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
    private static Found? Match(GraphIndex index, NodeProto gradient)
    {
        string probability = gradient.Input[0], cells = gradient.Input[1];
        if (index.Producer(probability, "Softmax") is not { } softmax || softmax.AttributeInt("axis", -1) != -1) return null;
        if (index.Producer(gradient.Input[2], "Sub") is not { } difference || index.Producer(difference.Input[0], "GatherND") is not { } gathered) return null;
        if (gathered.Input[0] != probability || gathered.Input[1] != cells || index.Consumers(probability).Count != 2) return null;
        return Column(index, cells) is { } target && NatsOf(index, gathered.Output[0]) is { } nats ? new Found(softmax.Input[0], target, null, nats) : null;
    }

    // ScatterND(softmax, soft cells, Neg(weights)) that adds up; the nats of the right class as above, and behind them Add(nats, ReduceSum(Mul(distance, weights))).
    private static Found? MatchSoft(GraphIndex index, NodeProto gradient)
    {
        string probability = gradient.Input[0], cells = gradient.Input[1];
        if (gradient.AttributeText("reduction", "none") != "add" || index.Producer(probability, "Softmax") is not { } softmax || softmax.AttributeInt("axis", -1) != -1) return null;
        if (index.Producer(gradient.Input[2], "Neg") is not { } negated || Column(index, cells) is not { } targets) return null;
        if (index.Consumers(probability).FirstOrDefault(reader => reader.OpType == "GatherND") is not { } gathered || index.Consumers(probability).Count != 2) return null;
        if (NatsOf(index, gathered.Output[0]) is not { } hard || !index.IsReadOnce(hard.Output[0]) || index.Consumers(hard.Output[0]).First() is not { OpType: "Add" } nats) return null;
        bool reads = index.Producer(nats.Input[1], "ReduceSum") is { } sum && index.Producer(sum.Input[0], "Mul") is { } weighted && weighted.Input[1] == negated.Input[0]
            && index.Producer(weighted.Input[0], "Sub") is { } distance && index.Producer(distance.Input[1], "GatherND") is { } logits
            && logits.Input[0] == softmax.Input[0] && logits.Input[1] == cells;
        return reads ? new Found(softmax.Input[0], targets, negated.Input[0], nats) : null;
    }

    // What stands behind the row numbers in cells.
    private static string? Column(GraphIndex index, string cells) =>
        index.Producer(cells, "Concat") is { Input.Count: 2 } pair && index.Producer(pair.Input[1], "Unsqueeze") is { } column ? column.Input[0] : null;

    private static NodeProto? NatsOf(GraphIndex index, string probabilities)
    {
        string value = probabilities;
        foreach (string operation in (string[])["Max", "Log", "Neg", "ScatterND"])
        {
            if (index.Consumers(value).FirstOrDefault(reader => reader.OpType == operation && reader.Input[0] == value) is not { } next) return null;
            if (operation == "ScatterND") return next;
            value = next.Output[0];
        }
        return null;
    }

    // Weights are null where the target is one class.
    private readonly record struct Found(string Logits, string Target, string? Weights, NodeProto Nats);
}
