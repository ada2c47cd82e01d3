using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Optimization.Norms;

/// <summary>RMS norms that stayed alone, as the standard's own operator where the graph's operator set has it.</summary>
internal static class StandardRmsPass
{
    private const long Since = 23;

    /// <summary>Renames the operators; gives their number.</summary>
    public static int Apply(OptimizationContext context)
    {
        if (context.OperatorSet < Since) return 0;
        int count = 0;
        foreach (NodeProto node in context.Graph.Node.Where(n => n.OpType == "SimplifiedLayerNormalization" && n.Domain.Length == 0 && n.Output.Count == 1))
        {
            node.OpType = "RMSNormalization";
            count++;
        }
        return count;
    }
}
