using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;

namespace Glossa.Models.Optimization.Activations;

/// <summary>The bias of the layer before a GELU, taken into it.</summary>
internal static class BiasGeluPass
{
    /// <summary>Rewrites the graph; gives the number of biases.</summary>
    public static int Apply(OptimizationContext context) => context.Rewrite(graph =>
    {
        int count = 0;
        foreach (NodeProto gelu in graph.Nodes("Gelu", "FastGelu").Where(n => n.Domain == FusedOperators.Domain && n.Input.Count == 1))
        {
            if (BiasAddition.Of(graph, gelu.Input[0]) is not { } sum) continue;
            string name = gelu.OpType == "Gelu" ? "BiasGelu" : "FastGelu";
            graph.Replace(gelu.Output[0], graph.Add(name, [new Value(sum.Value), new Value(sum.Bias)], gelu.Output[0] + ".biased", FusedOperators.Domain));
            count++;
        }
        return count;
    });
}

/// <summary>A sum that adds one constant number to each column.</summary>
internal static class BiasAddition
{
    /// <summary>What is added to and the bias, where the value is such a sum and has no other reader.</summary>
    public static (string Value, string Bias)? Of(PatternGraph graph, string value)
    {
        if (!graph.Index.IsReadOnce(value) || graph.Made(value, "Add") is not { } sum) return null;
        for (int at = 0; at < 2; at++)
        {
            string bias = sum.Input[at], other = sum.Input[1 - at];
            if (graph.Index.Initializer(bias) is not { Dims.Count: 1 } tensor || !graph.IsFloat(bias)) continue;
            if (graph.Shapes.Shape(other) is { Count: > 1 } shape && shape[^1].Is(tensor.Dims[0]) && tensor.Dims[0] > 1) return (other, bias);
        }
        return null;
    }
}
