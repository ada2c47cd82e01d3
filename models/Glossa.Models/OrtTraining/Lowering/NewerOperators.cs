using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Gradients.Expansions;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.OrtTraining.Lowering;

/// <summary>The standard operators that came after operator set 21, written in older ones.</summary>
internal static class NewerOperators
{
    /// <summary>Their expansions.</summary>
    public static IReadOnlyDictionary<(string Domain, string OpType), Expansion> Table { get; } = new Dictionary<(string Domain, string OpType), Expansion>
    {
        [("", "Attention")] = new(Attention),
        [("", "RMSNormalization")] = new(RmsNormalization),
        [("", "RotaryEmbedding")] = new(RotaryEmbedding),
        [("", "Swish")] = new(Swish),
    };

    private static void Attention(ExpansionContext c)
    {
        c.RefuseOutput(3, "the output of scores");
        AttentionParts parts = new(c);
        c.Return(0, parts.Output());
        if (c.Needs(1)) c.Return(1, parts.Key);
        if (c.Needs(2)) c.Return(2, parts.Value);
    }

    private static void RmsNormalization(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        Value x = c.Input(0);
        long[] axes = NormalizationRules.TrailingAxes(c, x, c.Node.AttributeInt("axis", -1));
        Value mean = g.Op("ReduceMean", [g.Mul(x, x), g.Ints(axes)], null, "", OnnxFactory.Attribute("keepdims", 1L));
        Value inverse = g.Op("Reciprocal", [g.Sqrt(g.Add(mean, c.Scalar(c.Node.AttributeFloat("epsilon", 1e-5f))))]);
        c.Return(0, g.Mul(g.Mul(x, inverse), c.Input(1)));
    }

    private static void Swish(ExpansionContext c)
    {
        float alpha = c.Node.AttributeFloat("alpha", 1);
        Value x = c.Input(0), scaled = alpha == 1 ? x : c.G.Mul(x, c.Scalar(alpha));
        c.Return(0, c.G.Mul(x, c.G.Op("Sigmoid", [scaled])));
    }

    /// <summary>X is [batch, heads, sequence, size], or [batch, sequence, heads * size] with num_heads; the caches have half a column for each of the size.</summary>
    private static void RotaryEmbedding(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        bool flat = c.RankOf(c.Input(0)) == 3;
        long heads = flat ? AttentionExpansions.Heads(c, "num_heads") : 0, size = c.Node.AttributeInt("rotary_embedding_dim", 0);
        Value x = flat ? g.Reshape(c.Input(0), [0, 0, heads, -1]) : c.Input(0);
        Value cos = Cache(c, 1, flat), sin = Cache(c, 2, flat), half = g.Gather(g.Shape(cos), g.Ints(-1));
        Value turned = size > 0 ? Part(g, x, g.Ints(0), g.Ints(size)) : x;
        bool interleaved = c.Node.AttributeInt("interleaved", 0) != 0;
        Value first = interleaved ? Part(g, turned, g.Ints(0), End(g), 2) : Part(g, turned, g.Ints(0), half);
        Value second = interleaved ? Part(g, turned, g.Ints(1), End(g), 2) : Part(g, turned, half, End(g));
        Value real = g.Sub(g.Mul(first, cos), g.Mul(second, sin)), imaginary = g.Add(g.Mul(second, cos), g.Mul(first, sin));
        Value result = interleaved
            ? g.Reshape(g.Concat([g.Unsqueeze(real, [-1]), g.Unsqueeze(imaginary, [-1])], -1), [0, 0, 0, -1])
            : g.Concat([real, imaginary], -1);
        if (size > 0) result = g.Concat([result, Part(g, x, g.Ints(size), End(g))], -1);
        c.Return(0, flat ? g.Reshape(result, [0, 0, -1]) : result);
    }

    /// <summary>A cache by position, broadcast over the heads.</summary>
    private static Value Cache(ExpansionContext c, int input, bool flat)
    {
        Value cache = c.Has(3) ? c.G.Gather(c.Input(input), c.Input(3)) : c.Input(input);
        return c.G.Unsqueeze(cache, [flat ? 2 : 1]);
    }

    private static Value End(GraphBuilder g) => g.Ints(long.MaxValue);

    private static Value Part(GraphBuilder g, Value x, Value start, Value end, long step = 1) => g.Op("Slice", [x, start, end, g.Ints(-1), g.Ints(step)]);
}
