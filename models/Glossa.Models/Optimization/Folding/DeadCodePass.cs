using Glossa.Models.Building;

namespace Glossa.Models.Optimization.Folding;

/// <summary>Equal nodes merged, unread nodes and initializers dropped.</summary>
internal static class DeadCodePass
{
    /// <summary>Cleans the graph; gives the number of nodes that went.</summary>
    public static int Apply(OptimizationContext context)
    {
        int before = context.Graph.Node.Count;
        GraphCleaning.MergeEqualNodes(context.Graph);
        GraphCleaning.DropUnread(context.Graph);
        GraphCleaning.SortTopologically(context.Graph);
        return before - context.Graph.Node.Count;
    }
}
