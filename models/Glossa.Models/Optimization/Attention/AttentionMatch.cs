using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;

namespace Glossa.Models.Optimization.Attention;

/// <summary>Finds an attention from its Softmax: upwards through masks and biases to the product of queries and keys, downwards to the joined heads.</summary>
internal static class AttentionMatch
{
    private const int MaxSums = 6;

    /// <summary>A score of this or less weighs nothing beside any other, so that it makes no difference whether a mask sets or adds it.</summary>
    private const double Hidden = -1e4;

    /// <summary>The attention around a Softmax, or null where it is none that the runtime's operators compute.</summary>
    public static AttentionBlock? Of(PatternGraph graph, NodeProto softmax)
    {
        if (graph.Shapes.Rank(softmax.Output[0]) != 4 || softmax.AttributeInt("axis", -1) is not (-1 or 3) || !graph.IsFloat(softmax.Output[0])) return null;
        List<string> biases = [];
        if (Product(graph, softmax.Input[0], biases) is not { } product) return null;
        if (Mixed(graph, softmax.Output[0]) is not ({ } mixing, var guarded)) return null;
        if (Key(graph, product) is not { } key) return null;
        string query = product.Input[0], value = mixing.Input[1];
        if (Sizes(graph, query, key, value) is not ({ } heads, { } size, { } valueSize)) return null;
        string result = mixing.Output[0];
        bool joined = Joined(graph, result) is not null;
        if (joined) result = Joined(graph, result)!;
        return new AttentionBlock(query, key, value, biases, product.AttributeFloat("alpha", 1), guarded, result, joined, heads, size, valueSize);
    }

    /// <summary>The product behind the scores; what is added to it on the way is collected, the last first.</summary>
    private static NodeProto? Product(PatternGraph graph, string scores, List<string> biases)
    {
        for (int depth = 0; depth < MaxSums && graph.Index.IsReadOnce(scores) && graph.Index.Producer(scores) is { } node; depth++)
        {
            if (node.OpType is "MatMul" or "FusedMatMul") return graph.Shapes.Rank(node.Input[0]) == 4 && graph.Shapes.Rank(node.Input[1]) == 4 ? node : null;
            int at = node.OpType switch
            {
                "Add" => IsScores(graph, node.Input[0]) ? 0 : 1,
                "Where" => IsScores(graph, node.Input[1]) ? 1 : 2,
                _ => -1,
            };
            if (at < 0 || Bias(graph, node, at) is not { } bias) return null;
            biases.Add(bias);
            scores = node.Input[at];
        }
        return null;
    }

    private static bool IsScores(PatternGraph graph, string value, int depth = 0) =>
        depth < MaxSums && graph.Index.Producer(value) is { } node
        && (node.OpType switch
        {
            "MatMul" or "FusedMatMul" => graph.Shapes.Rank(node.Input[0]) == 4 && graph.Shapes.Rank(node.Input[1]) == 4,
            "Add" => node.Input.Any(input => IsScores(graph, input, depth + 1)),
            "Where" => node.Input.Skip(1).Any(input => IsScores(graph, input, depth + 1)),
            _ => false,
        });

    /// <summary>What a sum adds to the scores, or what does to them what a mask sets.</summary>
    private static string? Bias(PatternGraph graph, NodeProto node, int at)
    {
        if (node.OpType == "Add") return graph.Shapes.Rank(node.Input[1 - at]) is >= 0 and <= 4 ? node.Input[1 - at] : null;
        string filling = node.Input[3 - at];
        if (graph.Scalar(filling) is { } fill ? fill > Hidden : !IsMinusInfinity(graph, filling)) return null;
        if (graph.Shapes.Rank(node.Input[0]) is < 0 or > 4) return null;
        Value zero = graph.G.Constant(0f), set = new(filling);
        graph.Shapes.Extend(graph.Graph);
        return graph.Add("Where", at == 1 ? [new Value(node.Input[0]), zero, set] : [new Value(node.Input[0]), set, zero], node.Output[0] + ".bias").Name;
    }

    private static bool IsMinusInfinity(PatternGraph graph, string value) => graph.Shapes.Scalar(value) is float.NegativeInfinity;

    /// <summary>The product of the weights with the values, and whether rows of NaN become zeros before it.</summary>
    private static (NodeProto? Mixing, bool Guarded) Mixed(PatternGraph graph, string weights)
    {
        bool guarded = false;
        if (graph.Index.Consumers(weights) is { Count: 2 } readers && readers.FirstOrDefault(r => r.OpType == "IsNaN") is { } test
            && graph.OnlyReader(test.Output[0]) is { OpType: "Where" } guard && graph.Is(guard.Input[1], 0) && guard.Input[2] == weights && readers.Contains(guard))
        {
            weights = guard.Output[0];
            guarded = true;
        }
        if (graph.OnlyReader(weights) is not { OpType: "MatMul" or "FusedMatMul" } mixing || mixing.Input[0] != weights || mixing.Attribute.Count > 0) return (null, guarded);
        return (graph.Shapes.Rank(mixing.Input[1]) == 4 ? mixing : null, guarded);
    }

    /// <summary>The keys by row; those that a MatMul reads by column are turned.</summary>
    private static string? Key(PatternGraph graph, NodeProto product)
    {
        if (product.AttributeInt("transA", 0) != 0 || product.AttributeInt("transBatchA", 0) != 0 || product.AttributeInt("transBatchB", 0) != 0) return null;
        string key = product.Input[1];
        if (product.AttributeInt("transB", 0) != 0) return key;
        return graph.Add("Transpose", [new Value(key)], key + ".rows", "", OnnxFactory.Attribute("perm", 0L, 1L, 3L, 2L)).Name;
    }

    private static (long? Heads, long? Size, long? ValueSize) Sizes(PatternGraph graph, string query, string key, string value)
    {
        if (graph.Shapes.Shape(query) is not { Count: 4 } q || graph.Shapes.Shape(key) is not { Count: 4 } k || graph.Shapes.Shape(value) is not { Count: 4 } v) return default;
        if (!q[1].IsConstant || !q[3].IsConstant || !v[3].IsConstant || !k[1].Equals(q[1]) || !v[1].Equals(q[1]) || !k[3].Equals(q[3])) return default;
        // The operator multiplies whole batches: one that is broadcast would need copies first.
        if (!k[0].Equals(q[0]) || !v[0].Equals(q[0])) return default;
        return (q[1].Value, q[3].Value, v[3].Value);
    }

    /// <summary>The value in which the heads stand side by side, where the mixed values are joined so.</summary>
    private static string? Joined(PatternGraph graph, string mixed)
    {
        if (graph.OnlyReader(mixed) is not { OpType: "Transpose" } turn || turn.AttributeInts("perm") is not [0, 2, 1, 3]) return null;
        if (graph.OnlyReader(turn.Output[0]) is not { OpType: "Reshape" } join)
        {
            // Exporters also read the shape of what they reshape.
            NodeProto[] reshapes = [.. graph.Index.Consumers(turn.Output[0]).Where(r => r.OpType != "Shape")];
            if (reshapes is not [{ OpType: "Reshape" } only] || only.Input[0] != turn.Output[0]) return null;
            join = only;
        }
        if (graph.Shapes.Shape(join.Output[0]) is not { Count: 3 } shape || graph.Shapes.Shape(turn.Output[0]) is not { } split) return null;
        return shape[0].Equals(split[0]) && shape[1].Equals(split[1]) ? join.Output[0] : null;
    }
}
