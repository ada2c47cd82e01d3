using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Optimization.Attention;

/// <summary>Brings a graph of operator sets 13 to 22 to set 23, which has Attention: axes of reductions become inputs, Split says its number of outputs.</summary>
internal static class OperatorSetRaise
{
    private const long Target = 23, AxesAsInput = 18;

    /// <summary>Raises the model; one of set 23 or later stays as it is.</summary>
    /// <exception cref="InputException">It has an operator that changed in another way.</exception>
    public static void Apply(ModelProto model)
    {
        long version = OperatorSets.Version(model.OpsetImport) ?? Target;
        if (version >= Target) return;
        GraphBuilder g = new(model.Graph);
        Raise(model.Graph, g, version);
        foreach (OperatorSetIdProto import in model.OpsetImport.Where(import => OperatorSets.Normal(import.Domain).Length == 0)) import.Version = Target;
    }

    private static void Raise(GraphProto graph, GraphBuilder g, long version)
    {
        foreach (NodeProto node in graph.Node)
        {
            foreach (GraphProto body in node.Attribute.SelectMany(ModelTensors.Graphs)) Raise(body, g, version);
            if (OperatorSets.Normal(node.Domain).Length > 0 || OperatorSets.SameMeaning(node.OpType, version, Target)) continue;
            if (node.OpType.StartsWith("Reduce", StringComparison.Ordinal) && version < AxesAsInput) MoveAxes(node, g);
            else if (node.OpType == "Split" && version < AxesAsInput) Count(node);
            else throw new InputException($"{node.Describe()} of operator set {version} is not brought to set {Target}, which has Attention", fix: "choose --attention multi-head, or export the model with opset_version=23");
        }
    }

    private static void MoveAxes(NodeProto node, GraphBuilder g)
    {
        if (node.Find("axes") is not { } axes) return;
        node.Attribute.Remove(axes);
        node.Input.Add(g.Ints([.. axes.Ints]).Name);
    }

    private static void Count(NodeProto node)
    {
        if (node.In(1).Length == 0 && node.Find("num_outputs") is null) node.Attribute.Add(OnnxFactory.Attribute("num_outputs", (long)node.Output.Count));
    }
}
