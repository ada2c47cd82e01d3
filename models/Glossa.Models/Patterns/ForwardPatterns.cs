using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Patterns;

/// <summary>
/// Recognises in a forward graph what exporters spell as dozens of nodes and writes it as single operators, whose gradients are cheap and keep little in memory.
/// Runs before differentiation; the function that the graph computes stays the same within float rounding.
/// </summary>
public static class ForwardPatterns
{
    /// <summary>Rewrites a graph; inputs, outputs and parameters keep their names.</summary>
    /// <param name="graph">The forward graph, nodes in topological order.</param>
    /// <param name="parameters">Names of the initializers that are trained: their present values are no constants.</param>
    /// <returns>What was recognised.</returns>
    public static PatternCounts Apply(GraphProto graph, IReadOnlySet<string> parameters)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(parameters);
        GuardedOutputs outputs = GuardedOutputs.Insert(graph);
        GraphCleaning.MergeEqualNodes(graph);
        PatternCounts counts = new();
        Pass(patterns => counts = counts with { Inert = InertNodes.Apply(patterns) });
        Pass(patterns => counts = Normalizations.Apply(patterns, counts));
        Pass(patterns => counts = Activations.Apply(patterns, counts));
        Pass(patterns => counts = counts with { Rotaries = Rotary.Apply(patterns) });
        Pass(patterns => counts = counts with { Attentions = AttentionProducts.Apply(patterns) });
        outputs.Remove(graph);
        return counts;

        // What a pass left unread must not count as a reader in the next one.
        void Pass(Action<PatternGraph> apply)
        {
            apply(new PatternGraph(graph, parameters));
            GraphCleaning.DropUnread(graph);
            GraphCleaning.SortTopologically(graph);
        }
    }
}
