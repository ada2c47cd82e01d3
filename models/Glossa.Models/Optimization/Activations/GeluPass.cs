using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;

namespace Glossa.Models.Optimization.Activations;

/// <summary>GELU in all its spellings, the standard operator's among them, as the runtime's own operators, which can take a bias.</summary>
internal static class GeluPass
{
    /// <summary>Rewrites the graph; gives the number of activations.</summary>
    public static int Apply(OptimizationContext context) => context.Rewrite(graph =>
    {
        PatternCounts counts = Patterns.Activations.Apply(graph, new PatternCounts());
        return counts.ErfGelus + counts.TanhGelus + counts.Swishes + Standard(graph);
    });

    private static int Standard(PatternGraph graph)
    {
        int count = 0;
        foreach (NodeProto node in graph.Nodes("Gelu").Where(n => n.Domain is "" or "ai.onnx" && graph.IsFloat(n.Input[0])))
        {
            string name = node.AttributeText("approximate", "none") == "tanh" ? "FastGelu" : "Gelu";
            graph.Replace(node.Output[0], graph.Add(name, [new Value(node.Input[0])], node.Output[0] + ".activation", FusedOperators.Domain));
            count++;
        }
        return count;
    }
}
