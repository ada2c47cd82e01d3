using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients.Expansions;

/// <summary>com.microsoft.GroupQueryAttention: query heads share key heads; causal, with rotary positions, a window and a soft cap on request.</summary>
internal static class GroupQueryExpansion
{
    internal static void Apply(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        if (c.Has(11) || c.Node.AttributeInt("smooth_softmax", 0) > 0) throw c.Unsupported("sinks", "export without this fusion");
        if (c.Has(12) || c.Has(13)) throw c.Unsupported("a quantized cache", "export without it");
        c.RefuseOutput(3, "the output of scores");
        long heads = AttentionExpansions.Heads(c, "num_heads"), keyHeads = AttentionExpansions.Heads(c, "kv_num_heads");
        (Value query, Value key, Value value, long size) = Operands(c, heads, keyHeads);
        Value? past = c.Has(3) ? g.Gather(g.Shape(c.Input(3)), g.Ints(2)) : null;
        if (c.Node.AttributeInt("do_rotary", 0) != 0)
        {
            query = Rotated(c, query, past, heads, size);
            key = Rotated(c, key, past, keyHeads, size);
        }
        query = AttentionExpansions.Split(g, query, heads);
        (key, value) = (AttentionExpansions.Split(g, key, keyHeads), AttentionExpansions.Split(g, value, keyHeads));
        if (c.Has(3)) (key, value) = (g.Concat([c.Input(3), key], 2), g.Concat([c.Input(4), value], 2));
        if (c.Needs(1)) c.Return(1, key);
        if (c.Needs(2)) c.Return(2, value);
        long repeats = heads / keyHeads;
        Value scores = AttentionExpansions.Scores(c, query, Repeated(g, key, heads, repeats), size);
        if (c.Node.AttributeFloat("softcap", 0) is > 0 and var cap) scores = g.Mul(g.Op("Tanh", [g.Mul(scores, c.Scalar(1 / cap))]), c.Scalar(cap));
        if (c.Has(10)) scores = g.Add(scores, c.Input(10));
        scores = AttentionExpansions.Visible(c, scores, Open(c, scores, past));
        c.Return(0, AttentionExpansions.Joined(g, g.MatMul(g.Softmax(scores), Repeated(g, value, heads, repeats))));
    }

    /// <summary>Query, key and value as [batch, sequence, heads * size], and the size of a head.</summary>
    private static (Value Query, Value Key, Value Value, long Size) Operands(ExpansionContext c, long heads, long keyHeads)
    {
        if (ShapeRules.KnownSize(c, c.Input(0), 2) is not { } width) throw c.Unsupported("a query of unknown size", "declare its shape");
        if (c.Has(1)) return (c.Input(0), c.Input(1), c.Input(2), width / heads);
        long size = width / (heads + (2 * keyHeads));
        Value[] parts = c.G.Ops("Split", [c.Input(0), c.G.Ints(heads * size, keyHeads * size, keyHeads * size)], ["query", "key", "value"], "", OnnxFactory.Attribute("axis", -1L));
        return (parts[0], parts[1], parts[2], size);
    }

    private static Value Rotated(ExpansionContext c, Value x, Value? past, long heads, long size)
    {
        if (ShapeRules.KnownSize(c, c.Input(7), 1) is not { } half) throw c.Unsupported("a rotary cache of unknown size", "declare its shape");
        Value positions = c.Has(9) ? c.Input(9) : past ?? c.G.Ints(0);
        return c.G.Op("RotaryEmbedding", [x, positions, c.Input(7), c.Input(8)], null, GradientRules.Microsoft,
            OnnxFactory.Attribute("interleaved", c.Node.AttributeInt("rotary_interleaved", 0)), OnnxFactory.Attribute("num_heads", heads),
            OnnxFactory.Attribute("rotary_embedding_dim", 2 * half == size ? 0 : 2 * half));
    }

    private static Value Repeated(GraphBuilder g, Value x, long heads, long repeats)
    {
        if (repeats == 1) return x;
        Value shape = g.Shape(x), copies = g.Op("Tile", [g.Unsqueeze(x, [2]), g.Ints(1, 1, repeats, 1, 1)]);
        return g.Reshape(copies, g.Concat([g.Gather(shape, g.Ints(0)), g.Ints(heads), g.Gather(shape, g.Ints(2, 3))], 0));
    }

    /// <summary>Keys up to the query, within the window and the row's length.</summary>
    private static Value Open(ExpansionContext c, Value scores, Value? past)
    {
        GraphBuilder g = c.G;
        Value open = AttentionExpansions.Ordered(g, scores, past), shape = g.Shape(scores);
        Value columns = AttentionExpansions.Numbers(g, shape, 3, [1, -1]);
        if (c.Node.AttributeInt("local_window_size", -1) is > 0 and var window)
        {
            Value rows = AttentionExpansions.Numbers(g, shape, 2, [-1, 1]);
            if (past is { } offset) rows = g.Add(rows, offset);
            open = g.Op("And", [open, g.Op("Greater", [columns, g.Sub(rows, g.Constant(window))])]);
        }
        Value last = g.Reshape(g.Cast(c.Input(5), DataType.Int64), [-1, 1, 1, 1]);
        return g.Op("And", [open, g.Op("LessOrEqual", [columns, last])]);
    }
}
