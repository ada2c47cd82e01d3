using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Optimization.Activations;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;

namespace Glossa.Models.Optimization.Norms;

/// <summary>A residual sum and the norm behind it as one operator, which also gives the sum out where it is read further on; the bias of the layer before comes in.</summary>
internal static class SkipNormPass
{
    /// <summary>Rewrites the graph; gives the number of norms.</summary>
    public static int Apply(OptimizationContext context) => context.Rewrite(graph =>
    {
        int count = 0;
        foreach (NodeProto norm in graph.Nodes("LayerNormalization", "SimplifiedLayerNormalization"))
        {
            if (norm.Domain.Length == 0 && norm.Output.Count == 1 && Rewrite(graph, norm)) count++;
        }
        return count;
    });

    private static bool Rewrite(PatternGraph graph, NodeProto norm)
    {
        string sum = norm.Input[0];
        if (graph.Made(sum, "Add") is not { } add || graph.Shapes.Shape(sum) is not { Count: 3 } shape || !shape[^1].IsConstant || !graph.IsFloat(sum)) return false;
        if (norm.AttributeInt("axis", -1) is not (-1 or 2) || graph.Shapes.Rank(norm.Input[1]) != 1) return false;
        if (Operands(graph, add, shape) is not { } operands) return false;
        bool simplified = norm.OpType == "SimplifiedLayerNormalization";
        List<Value> inputs = [new(operands.Input), new(operands.Skip), new(norm.Input[1])];
        if (!simplified) inputs.Add(new Value(norm.In(2)));
        if (operands.Bias.Length > 0) inputs.Add(new Value(operands.Bias));
        if (inputs[^1].Name.Length == 0) inputs.RemoveAt(inputs.Count - 1);
        bool sumIsRead = graph.Index.Consumers(sum).Count > 1;
        string[] outputs = sumIsRead ? [norm.Output[0] + ".skip", "", "", sum + ".sum"] : [norm.Output[0] + ".skip"];
        Value[] made = graph.AddAll((simplified ? "SkipSimplifiedLayerNormalization" : "SkipLayerNormalization"), [.. inputs], outputs, FusedOperators.Domain,
            OnnxFactory.Attribute("epsilon", norm.AttributeFloat("epsilon", 1e-5f)));
        graph.Replace(norm.Output[0], made[0]);
        if (sumIsRead) graph.Replace(sum, made[3]);
        return true;
    }

    /// <summary>The operands, the one of the sum's whole shape first; the other may lack the batch.</summary>
    private static (string Input, string Skip, string Bias)? Operands(PatternGraph graph, NodeProto add, IReadOnlyList<Dimension> sum)
    {
        (string first, string second) = (add.Input[0], add.Input[1]);
        if (first == second) return null;
        if (!IsWhole(graph, first, sum)) (first, second) = (second, first);
        if (!IsWhole(graph, first, sum) || graph.Shapes.Shape(second) is not { } skip) return null;
        bool row = skip.Count == 3 && skip[0].Is(1) && skip[1].Equals(sum[1]) && skip[2].Equals(sum[2]);
        if (!row && !IsWhole(graph, second, sum)) return null;
        if (BiasAddition.Of(graph, first) is { } biased && IsWhole(graph, biased.Value, sum)) return (biased.Value, second, biased.Bias);
        if (!row && BiasAddition.Of(graph, second) is { } other && IsWhole(graph, other.Value, sum)) return (first, other.Value, other.Bias);
        return (first, second, "");
    }

    private static bool IsWhole(PatternGraph graph, string value, IReadOnlyList<Dimension> sum) => graph.Shapes.Shape(value) is { } shape && shape.SequenceEqual(sum);
}
