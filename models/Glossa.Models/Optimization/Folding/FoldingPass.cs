using Glossa.Models.Import;

namespace Glossa.Models.Optimization.Folding;

/// <summary>
/// Constant folding as imports do it: what the inputs cannot change and no runtime can round otherwise. Float tensors stay as they are stored, so that no weight is
/// written twice; the runtime folds what is left when it loads the graph.
/// </summary>
internal static class FoldingPass
{
    /// <summary>Folds until nothing changes; gives the number of nodes that went.</summary>
    public static int Apply(OptimizationContext context)
    {
        int before = context.Graph.Node.Count;
        ConstantFolding.Apply(context.Graph);
        return before - context.Graph.Node.Count;
    }
}
