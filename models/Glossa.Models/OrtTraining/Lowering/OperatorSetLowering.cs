using Glossa.Models.Building;
using Glossa.Models.Gradients.Expansions;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.OrtTraining.Lowering;

/// <summary>Brings a graph to operators that the training runtime has: those of its newest operator set, and those of its own that it had at the time.</summary>
internal static class OperatorSetLowering
{
    /// <summary>Attributes that operators got after that set: a graph that uses one cannot be lowered.</summary>
    private static readonly (string OpType, string Attribute)[] NewerAttributes =
        [("DequantizeLinear", "output_dtype"), ("QuantizeLinear", "precision"), ("Cast", "round_mode"), ("CastLike", "round_mode")];

    /// <summary>The model with a lowered forward graph.</summary>
    /// <exception cref="InputException">A node has no equivalent in older operators.</exception>
    public static ImportedModel Apply(ImportedModel imported, List<string> notes)
    {
        long version = OperatorSets.Version(imported.Forward.OpsetImport) ?? ArtifactGraph.NewestOperatorSet;
        ModelProto forward = imported.Forward.Clone();
        GraphProto graph = forward.Graph;
        if (version > ArtifactGraph.NewestOperatorSet)
        {
            CompositeOperators.Apply(new GraphBuilder(graph), ShapeInference.Infer(graph), NewerOperators.Table, _ => true);
            if (NodesOf(graph).FirstOrDefault(HasNewerAttribute) is { } node)
                throw new InputException($"{node.Describe()} uses what operator set {version} brought; ONNX Runtime Training has {ArtifactGraph.NewestOperatorSet}", fix: "export the model with opset_version=17");
            foreach (OperatorSetIdProto import in forward.OpsetImport.Where(import => OperatorSets.Normal(import.Domain).Length == 0)) import.Version = ArtifactGraph.NewestOperatorSet;
            notes.Add($"the graph was brought from operator set {version} to {ArtifactGraph.NewestOperatorSet}");
        }
        CompositeOperators.Apply(new GraphBuilder(graph), ShapeInference.Infer(graph), CompositeOperators.Table, node => !RuntimeOperators.Has(node));
        GraphCleaning.SortTopologically(graph);
        return imported with { Forward = forward };
    }

    private static bool HasNewerAttribute(NodeProto node) => NewerAttributes.Any(newer => newer.OpType == node.OpType && node.Find(newer.Attribute) is { I: not 0 });

    /// <summary>All nodes, those of branches and loops too.</summary>
    public static IEnumerable<NodeProto> NodesOf(GraphProto graph)
    {
        foreach (NodeProto node in graph.Node)
        {
            yield return node;
            foreach (NodeProto inner in node.Attribute.SelectMany(ModelTensors.Graphs).SelectMany(NodesOf)) yield return inner;
        }
    }
}
