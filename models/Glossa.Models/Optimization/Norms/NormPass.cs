using Glossa.Models.Patterns;

namespace Glossa.Models.Optimization.Norms;

/// <summary>Layer and RMS norms, in whatever order of nodes an exporter spelled them.</summary>
internal static class NormPass
{
    /// <summary>Rewrites the graph; gives the number of norms that were spelled out.</summary>
    public static int Apply(OptimizationContext context) => context.Rewrite(graph =>
    {
        PatternCounts counts = Normalizations.Apply(graph, new PatternCounts());
        return counts.LayerNorms + counts.RmsNorms;
    });
}
