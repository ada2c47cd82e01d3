using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;

namespace Glossa.Models.Optimization.Attention;

/// <summary>
/// Goes back from heads in front of the sequence, [batch, heads, sequence, size], to what the layer before gave, [batch, sequence, heads * size], so that the
/// transposition is not done at all: rotary embedding and norms over a head are moved to that side of it.
/// </summary>
internal static class HeadLayout
{
    private static readonly long[] Turn = [0, 2, 1, 3];

    /// <summary>The value with its heads side by side, or null where it has never stood so.</summary>
    public static string? Joined(PatternGraph graph, string value)
    {
        if (graph.Index.Producer(value) is not { } node || graph.Shapes.Shape(value) is not { Count: 4 } shape || !shape[1].IsConstant || !shape[3].IsConstant) return null;
        if (node is { OpType: "RotaryEmbedding", Domain: FusedOperators.Domain }) return Rotated(graph, node, shape);
        if (Behind(graph, value) is not { } split) return null;
        long width = shape[1].Value * shape[3].Value;
        if (graph.Made(split, "Reshape") is { } reshape && graph.Shapes.Shape(reshape.Input[0]) is { Count: 3 } whole && whole[2].Is(width)
            && whole[0].Equals(shape[0]) && whole[1].Equals(shape[2])) return reshape.Input[0];
        return graph.Add("Reshape", [new Value(split), graph.G.Ints(0, 0, width)], value + ".joined").Name;
    }

    /// <summary>The value with its heads side by side, by a transposition where there is no other way.</summary>
    public static string Join(PatternGraph graph, string value)
    {
        if (Joined(graph, value) is { } joined) return joined;
        IReadOnlyList<Dimension> shape = graph.Shapes.Shape(value)!;
        Value turned = graph.Add("Transpose", [new Value(value)], value + ".turned", "", OnnxFactory.Attribute("perm", Turn));
        return graph.Add("Reshape", [turned, graph.G.Ints(0, 0, shape[1].Value * shape[3].Value)], value + ".joined").Name;
    }

    /// <summary>The value with the heads behind the sequence, [batch, sequence, heads, size], where it was transposed from there.</summary>
    private static string? Behind(PatternGraph graph, string value)
    {
        if (graph.Made(value, "Transpose") is { } turn && turn.AttributeInts("perm") is { } permutation && permutation.SequenceEqual(Turn)) return turn.Input[0];
        if (graph.Index.Producer(value) is { OpType: "RotaryEmbedding", Domain: FusedOperators.Domain } rotary)
        {
            IReadOnlyList<Dimension> shape = graph.Shapes.Shape(value)!;
            return Rotated(graph, rotary, shape) is { } turned ? graph.Add("Reshape", [new Value(turned), graph.G.Ints(0, 0, shape[1].Value, shape[3].Value)], value + ".behind").Name : null;
        }
        if (graph.Index.Producer(value) is not { OpType: "SimplifiedLayerNormalization", Output.Count: 1 } norm || norm.AttributeInt("axis", -1) is not (-1 or 3)) return null;
        if (graph.Shapes.Rank(norm.Input[1]) != 1 || Behind(graph, norm.Input[0]) is not { } before) return null;
        return graph.Add(norm.OpType, [new Value(before), new Value(norm.Input[1])], value + ".behind", norm.Domain, [.. norm.Attribute.Select(a => a.Clone())]).Name;
    }

    private static string? Rotated(PatternGraph graph, NodeProto rotary, IReadOnlyList<Dimension> shape)
    {
        // In three dimensions the operator takes the size of a head from the tables.
        if (graph.Shapes.Shape(rotary.Input[2]) is not { } table || !table[^1].Is(shape[3].Value / 2)) return null;
        if (Joined(graph, rotary.Input[0]) is not { } before) return null;
        return graph.Add(rotary.OpType, [new Value(before), .. rotary.Input.Skip(1).Select(i => new Value(i))], rotary.Output[0] + ".joined", rotary.Domain,
            [.. rotary.Attribute.Select(a => a.Clone())]).Name;
    }
}
