using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;

namespace Glossa.Models.Optimization;

/// <summary>The header of a rewritten model.</summary>
internal static class OperatorDomains
{
    /// <summary>The oldest version of the file format that the runtime's own operators may stand in.</summary>
    private const long LeastIrVersion = 7;

    /// <summary>Names the runtime's domain where the graph uses it, and drops what the file declared of inner values, which may no longer be there.</summary>
    internal static void Complete(ModelProto model)
    {
        bool fused = model.Graph.Node.Any(node => node.Domain == FusedOperators.Domain);
        if (fused && !model.OpsetImport.Any(import => import.Domain == FusedOperators.Domain))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = FusedOperators.Domain, Version = 1 });
        model.IrVersion = Math.Max(model.IrVersion, LeastIrVersion);
        model.Graph.ValueInfo.Clear();
    }
}
