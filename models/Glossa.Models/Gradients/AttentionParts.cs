using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients;

/// <summary>
/// Scaled dot-product attention (ai.onnx Attention, opset 23) with grouped heads, masks, a cache and a soft cap, in plain operators up to the weights, which the
/// operator does not hand out.
/// </summary>
internal sealed class AttentionParts
{
    private readonly NodeContext _c;
    private readonly GraphBuilder _g;
    private readonly long _queryHeads, _keyHeads;
    private readonly bool _flat;

    public AttentionParts(NodeContext c)
    {
        (_c, _g) = (c, c.G);
        if (c.Has(6)) throw c.Unsupported("nonpad_kv_seqlen", "pass an attention mask instead");
        _flat = c.RankOf(c.Input(0)) == 3;
        _queryHeads = Heads(0, "q_num_heads");
        _keyHeads = Heads(1, "kv_num_heads");
        (Query, Key, Value) = (Grouped(SplitQuery(c.Input(0))), Cached(Split(c.Input(1), _keyHeads), 4), Cached(Split(c.Input(2), _keyHeads), 5));
        Scale = ScaleOf(Key);
        Value raw = _g.Mul(_g.MatMul(Query, _g.Transpose(Key, [0, 1, 3, 2])), Scale);
        float cap = c.Node.AttributeFloat("softcap", 0);
        Tanh = cap > 0 ? _g.Op("Tanh", [_g.Mul(raw, c.Scalar(1 / cap))]) : null;
        Value scores = Ungrouped(Tanh is { } bounded ? _g.Mul(bounded, c.Scalar(cap)) : raw);
        Allowed = AllowedOf(scores);
        if (c.Has(3) && !IsBooleanMask) scores = _g.Add(scores, c.Input(3));
        if (Allowed is { } visible) scores = _g.Where(visible, scores, c.Scalar(float.MinValue));
        Weights = _g.Softmax(scores);
    }

    /// <summary>Queries by key heads, [batch, key heads, group * sequence, size].</summary>
    public Value Query { get; }

    /// <summary>Keys with those of the past, [batch, key heads, keys, size].</summary>
    public Value Key { get; }

    /// <summary>Values with those of the past, [batch, key heads, keys, size].</summary>
    public Value Value { get; }

    /// <summary>What the products are multiplied with.</summary>
    public Value Scale { get; }

    /// <summary>The bounded products before the cap is multiplied on; null without one.</summary>
    public Value? Tanh { get; }

    /// <summary>Which keys a query sees, by a boolean mask and by order; null where it sees all.</summary>
    public Value? Allowed { get; }

    /// <summary>[batch, heads, queries, keys], each row summing to one.</summary>
    public Value Weights { get; }

    /// <summary>Queries, or what is shaped as the output, as [batch, heads, sequence, size].</summary>
    public Value SplitQuery(Value x) => Split(x, _queryHeads);

    /// <summary>Query heads that share a key head as further rows of it: [batch, key heads, group * sequence, ...].</summary>
    public Value Grouped(Value x)
    {
        if (_queryHeads == _keyHeads) return x;
        Value shape = _g.Shape(x);
        return _g.Reshape(x, _g.Concat([_g.Gather(shape, _g.Ints(0)), _g.Ints(_keyHeads, -1), _g.Gather(shape, _g.Ints(3))], 0));
    }

    /// <summary>Back to [batch, heads, sequence, ...].</summary>
    public Value Ungrouped(Value x)
    {
        if (_queryHeads == _keyHeads) return x;
        Value shape = _g.Shape(x);
        return _g.Reshape(x, _g.Concat([_g.Gather(shape, _g.Ints(0)), _g.Ints(_queryHeads, -1), _g.Gather(shape, _g.Ints(3))], 0));
    }

    /// <summary>Back to the layout of an input.</summary>
    public Value Joined(Value x, int input) => _flat ? _g.Reshape(_g.Transpose(x, [0, 2, 1, 3]), ShapeRules.ShapeValue(_c, _c.Input(input))) : x;

    /// <summary>The values weighed, in the layout of the output.</summary>
    public Value Output()
    {
        Value mixed = Ungrouped(_g.MatMul(Grouped(Weights), Value));
        return _flat ? _g.Reshape(_g.Transpose(mixed, [0, 2, 1, 3]), [0, 0, -1]) : mixed;
    }

    private long Heads(int input, string attribute)
    {
        if (_flat) return _c.Node.AttributeInt(attribute, 0) is > 0 and var heads ? heads : throw _c.Unsupported($"3-dimensional operands without {attribute}", $"set {attribute}");
        return _c.ShapeOf(_c.Input(input)) is [_, { IsConstant: true } dimension, _, _] ? dimension.Value : throw _c.Unsupported("an unknown number of heads", "declare the shapes of query and key");
    }

    private bool IsBooleanMask => _c.Has(3) && _c.Shapes.Type(_c.Node.In(3)) == DataType.Bool;

    /// <summary>[batch, sequence, heads * size] as [batch, heads, sequence, size].</summary>
    private Value Split(Value x, long heads) => _flat ? _g.Transpose(_g.Reshape(x, [0, 0, heads, -1]), [0, 2, 1, 3]) : x;

    private Value Cached(Value x, int past) => _c.Has(past) ? _g.Concat([_c.Input(past), x], 2) : x;

    private Value ScaleOf(Value key)
    {
        if (_c.Node.Find("scale") is { } given) return _c.Scalar(given.F);
        Dimension? width = _c.ShapeOf(_c.Input(0))?[^1];
        if (width is { IsConstant: true }) return _c.Scalar((float)(1 / Math.Sqrt(_flat ? width.Value / (double)_queryHeads : width.Value)));
        DataType type = _c.Shapes.Type(_c.Node.In(0)) is var t && t == DataType.Undefined ? DataType.Float : t;
        Value size = _g.Squeeze(_g.Gather(_g.Shape(key), _g.Ints(3)), [0]);
        return _g.Op("Reciprocal", [_g.Sqrt(_g.Cast(size, type))]);
    }

    private Value? AllowedOf(Value scores)
    {
        Value? mask = IsBooleanMask ? _c.Input(3) : null;
        if (_c.Node.AttributeInt("is_causal", 0) == 0) return mask;
        Value shape = _g.Shape(scores);
        Value rows = Numbers(shape, 2, [-1, 1]), columns = Numbers(shape, 3, [1, -1]);
        if (_c.Has(4)) rows = _g.Add(rows, ShapeRules.Size(_c, _c.Input(4), 2));
        Value ordered = _g.Op("LessOrEqual", [columns, rows]);
        return mask is { } visible ? _g.Op("And", [visible, ordered]) : ordered;
    }

    private Value Numbers(Value shape, int axis, long[] layout)
    {
        Value size = _g.Squeeze(_g.Gather(shape, _g.Ints(axis)), [0]);
        return _g.Reshape(_g.Op("Range", [_g.Constant(0L), size, _g.Constant(1L)]), layout);
    }
}
