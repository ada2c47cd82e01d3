using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;

namespace Glossa.Models.Optimization;

/// <summary>The model that passes rewrite one after the other.</summary>
internal sealed class OptimizationContext(ModelProto model, OptimizationOptions options)
{
    // In a graph that is no longer trained every initializer is a constant.
    private static readonly HashSet<string> NoParameters = [];

    /// <summary>The model.</summary>
    public ModelProto Model { get; } = model;

    /// <summary>Its main graph.</summary>
    public GraphProto Graph => Model.Graph;

    /// <summary>What was asked for.</summary>
    public OptimizationOptions Options { get; } = options;

    /// <summary>Version of the standard operators.</summary>
    public long OperatorSet => Import.OperatorSets.Version(Model.OpsetImport) ?? 0;

    /// <summary>Runs a rewriting over what is known of the graph, then drops what it left unread.</summary>
    public int Rewrite(Func<PatternGraph, int> rewrite)
    {
        int count = rewrite(new PatternGraph(Graph, NoParameters));
        GraphCleaning.DropUnread(Graph);
        GraphCleaning.SortTopologically(Graph);
        return count;
    }
}
