using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients.Expansions;

/// <summary>The attention operators of ONNX Runtime's optimizer, written as products and softmax.</summary>
internal static class AttentionExpansions
{
    private const string Unpacked = "no packed operands; masks [batch], [batch, keys] and [batch, queries, keys]";

    internal static void AddTo(ExpansionCollector expansions)
    {
        expansions.Add("Attention", SelfAttention, Unpacked + "; no rotary positions", GradientRules.Microsoft);
        expansions.Add("MultiHeadAttention", MultiHead, Unpacked, GradientRules.Microsoft);
        expansions.Add("GroupQueryAttention", GroupQueryExpansion.Apply, "a past that is equally long in all rows; no sinks, no quantized cache", GradientRules.Microsoft);
    }

    /// <summary>com.microsoft.Attention: query, key and value by one product with the input.</summary>
    private static void SelfAttention(ExpansionContext c)
    {
        if (c.Node.AttributeInt("do_rotary", 0) != 0 || c.Has(6)) throw c.Unsupported("rotary positions or a shared past", "export without this fusion");
        GraphBuilder g = c.G;
        long heads = Heads(c, "num_heads");
        long[]? sizes = c.Node.AttributeInts("qkv_hidden_sizes");
        if (sizes is null)
        {
            if (ShapeRules.KnownSize(c, c.Input(1), 1) is not { } width) throw c.Unsupported("a weight of unknown size", "declare its shape");
            sizes = [width / 3, width / 3, width / 3];
        }
        Value all = g.MatMul(c.Input(0), c.Input(1));
        if (c.Has(2)) all = g.Add(all, c.Input(2));
        Value[] parts = g.Ops("Split", [all, g.Ints(sizes)], ["query", "key", "value"], "", OnnxFactory.Attribute("axis", -1L));
        Value query = Split(g, parts[0], heads), key = Split(g, parts[1], heads), value = Split(g, parts[2], heads);
        Value? past = null;
        if (c.Has(4))
        {
            Value[] kept = [g.Gather(c.Input(4), g.Constant(0L)), g.Gather(c.Input(4), g.Constant(1L))];
            past = g.Gather(g.Shape(kept[0]), g.Ints(2));
            (key, value) = (g.Concat([kept[0], key], 2), g.Concat([kept[1], value], 2));
        }
        if (c.Needs(1)) c.Return(1, g.Concat([g.Unsqueeze(key, [0]), g.Unsqueeze(value, [0])], 0));
        Value scores = Scores(c, query, key, sizes[0] / heads);
        if (c.Has(3)) scores = Masked(c, scores, 3, c.Input(0));
        if (c.Has(5)) scores = g.Add(scores, c.Input(5));
        if (c.Node.AttributeInt("unidirectional", 0) != 0) scores = Visible(c, scores, Ordered(g, scores, past));
        c.Return(0, Joined(g, g.MatMul(g.Softmax(scores), value)));
    }

    private static void MultiHead(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        if (c.RankOf(c.Input(0)) != 3 || !c.Has(1) || !c.Has(2)) throw c.Unsupported("packed query, key and value", "export without packing");
        if (c.Has(8) || c.Has(9)) throw c.Unsupported("a shared past", "export without this fusion");
        c.RefuseOutput(3, "the output of scores");
        long heads = Heads(c, "num_heads");
        if (ShapeRules.KnownSize(c, c.Input(0), 2) is not { } width) throw c.Unsupported("a query of unknown size", "declare its shape");
        Value query = c.Input(0), key = c.Input(1), value = c.Input(2);
        if (c.Has(3))
        {
            Value Part(long start, long end) => g.Op("Slice", [c.Input(3), g.Ints(start), g.Ints(end), g.Ints(0)]);
            if (c.RankOf(key) != 3) throw c.Unsupported("a bias beside key and value by heads", "export without this fusion");
            query = g.Add(query, Part(0, width));
            key = g.Add(key, Part(width, 2 * width));
            value = g.Add(value, Part(2 * width, long.MaxValue));
        }
        query = Split(g, query, heads);
        key = c.RankOf(c.Input(1)) switch { 3 => Split(g, key, heads), 4 => key, _ => throw c.Unsupported("packed key and value", "export without packing") };
        value = c.RankOf(c.Input(2)) == 3 ? Split(g, value, heads) : value;
        Value? past = null;
        if (c.Has(6))
        {
            past = g.Gather(g.Shape(c.Input(6)), g.Ints(2));
            (key, value) = (g.Concat([c.Input(6), key], 2), g.Concat([c.Input(7), value], 2));
        }
        if (c.Needs(1)) c.Return(1, key);
        if (c.Needs(2)) c.Return(2, value);
        Value scores = Scores(c, query, key, width / heads);
        if (c.Has(4)) scores = Masked(c, scores, 4, c.Input(0));
        if (c.Has(5)) scores = g.Add(scores, c.Input(5));
        if (c.Node.AttributeInt("unidirectional", 0) != 0) scores = Visible(c, scores, Ordered(g, scores, past));
        c.Return(0, Joined(g, g.MatMul(g.Softmax(scores), value)));
    }

    internal static long Heads(NodeContext c, string attribute) =>
        c.Node.AttributeInt(attribute, 0) is > 0 and var heads ? heads : throw c.Unsupported($"attention without {attribute}", $"set {attribute}");

    /// <summary>[batch, sequence, heads * size] as [batch, heads, sequence, size].</summary>
    internal static Value Split(GraphBuilder g, Value x, long heads) => g.Transpose(g.Reshape(x, [0, 0, heads, -1]), [0, 2, 1, 3]);

    /// <summary>Back to [batch, sequence, heads * size].</summary>
    internal static Value Joined(GraphBuilder g, Value x) => g.Reshape(g.Transpose(x, [0, 2, 1, 3]), [0, 0, -1]);

    internal static Value Scores(ExpansionContext c, Value query, Value key, long size)
    {
        float scale = c.Node.AttributeFloat("scale", 0) is not 0 and var given ? given : (float)(1 / Math.Sqrt(size));
        return c.G.Mul(c.G.MatMul(query, c.G.Transpose(key, [0, 1, 3, 2])), c.Scalar(scale));
    }

    /// <summary>Adds the filter value where an integer mask has 0.</summary>
    private static Value Masked(ExpansionContext c, Value scores, int input, Value batchFirst)
    {
        GraphBuilder g = c.G;
        Value mask = c.Input(input);
        Value open = c.RankOf(mask) switch
        {
            1 => g.Op("Less", [Numbers(g, g.Shape(scores), 3, [1, 1, 1, -1]), g.Reshape(g.Cast(Lengths(c, mask, batchFirst), DataType.Int64), [-1, 1, 1, 1])]),
            2 => g.Unsqueeze(mask, [1, 2]),
            3 => g.Unsqueeze(mask, [1]),
            _ => throw c.Unsupported("a mask of rank 4", "pass it as attention_bias"),
        };
        Value closed = g.Sub(c.Scalar(1), g.Cast(open, c.ElementType));
        return g.Add(scores, g.Mul(closed, c.Scalar(c.Node.AttributeFloat("mask_filter_value", -10000))));
    }

    /// <summary>A mask of rank 1 is read as one length per row; other forms are longer than the batch.</summary>
    private static Value Lengths(ExpansionContext c, Value mask, Value batchFirst) =>
        c.ShapeOf(mask) is [var length] && c.ShapeOf(batchFirst) is [var batch, ..] && length.Equals(batch)
            ? mask
            : throw c.Unsupported("a mask of start and end positions", "pass the mask as [batch, keys]");

    /// <summary>True where a key does not stand behind the query.</summary>
    internal static Value Ordered(GraphBuilder g, Value scores, Value? past)
    {
        Value shape = g.Shape(scores), rows = Numbers(g, shape, 2, [-1, 1]);
        if (past is { } offset) rows = g.Add(rows, offset);
        return g.Op("LessOrEqual", [Numbers(g, shape, 3, [1, -1]), rows]);
    }

    internal static Value Visible(NodeContext c, Value scores, Value open) => c.G.Where(open, scores, c.Scalar(float.MinValue));

    internal static Value Numbers(GraphBuilder g, Value shape, int axis, long[] layout)
    {
        Value size = g.Squeeze(g.Gather(shape, g.Ints(axis)), [0]);
        return g.Reshape(g.Op("Range", [g.Constant(0L), size, g.Constant(1L)]), layout);
    }
}
