using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients;

/// <summary>Attention as one operator, and rotary positions.</summary>
internal static class AttentionRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Attention", AttentionGradient.Apply, restrictions: "no nonpad_kv_seqlen");
        rules.Add("RotaryEmbedding", c => Rotary(c, 1, 2), restrictions: "no gradient to the caches");
        rules.Add("RotaryEmbedding", c => Rotary(c, 2, 3), restrictions: "no gradient to the caches", domain: GradientRules.Microsoft);
    }

    /// <summary>A rotation's transpose is the rotation back: the same operator with the sine negated.</summary>
    private static void Rotary(GradientContext c, int cos, int sin)
    {
        c.Refuse(cos, "the cosine cache");
        c.Refuse(sin, "the sine cache");
        if (!c.Wants(0)) return;
        Value[] inputs = [.. Enumerable.Range(0, c.Node.Input.Count).Select(c.Input)];
        (inputs[0], inputs[sin]) = (c.Gradient, c.G.Neg(c.Input(sin)));
        c.Give(0, c.G.Op(c.Node.OpType, inputs, null, c.Node.Domain, [.. c.Node.Attribute.Select(a => a.Clone())]));
    }
}

/// <summary>
/// Scaled dot-product attention (ai.onnx Attention, opset 23) with grouped heads, masks, a cache and a soft cap. The weights are
/// computed again by plain operators, because the forward operator does not hand them out.
/// </summary>
internal sealed class AttentionGradient
{
    private readonly GradientContext _c;
    private readonly GraphBuilder _g;
    private readonly long _queryHeads, _keyHeads;
    private readonly bool _flat;

    private AttentionGradient(GradientContext c)
    {
        (_c, _g) = (c, c.G);
        _flat = c.RankOf(c.Input(0)) == 3;
        _queryHeads = Heads(0, "q_num_heads");
        _keyHeads = Heads(1, "kv_num_heads");
    }

    internal static void Apply(GradientContext c)
    {
        if (c.Has(6)) throw c.Unsupported("nonpad_kv_seqlen", "pass an attention mask instead");
        new AttentionGradient(c).Write();
    }

    private long Heads(int input, string attribute)
    {
        if (_flat) return _c.Node.AttributeInt(attribute, 0) is > 0 and var heads ? heads : throw _c.Unsupported($"3-dimensional operands without {attribute}", $"set {attribute}");
        return _c.ShapeOf(_c.Input(input)) is [_, { IsConstant: true } dimension, _, _] ? dimension.Value : throw _c.Unsupported("an unknown number of heads", "declare the shapes of query and key");
    }

    private long Group => _queryHeads / _keyHeads;

    private void Write()
    {
        Value query = Grouped(Split(_c.Input(0), _queryHeads)), key = Cached(Split(_c.Input(1), _keyHeads), 4), value = Cached(Split(_c.Input(2), _keyHeads), 5);
        Value scale = Scale(key);
        Value raw = _g.Mul(_g.MatMul(query, _g.Transpose(key, [0, 1, 3, 2])), scale);
        float cap = _c.Node.AttributeFloat("softcap", 0);
        Value? tanh = cap > 0 ? _g.Op("Tanh", [_g.Mul(raw, _c.Scalar(1 / cap))]) : null;
        Value scores = Ungrouped(tanh is { } bounded ? _g.Mul(bounded, _c.Scalar(cap)) : raw);
        Value? allowed = Allowed(scores);
        if (_c.Has(3) && !IsBooleanMask) scores = _g.Add(scores, _c.Input(3));
        if (allowed is { } visible) scores = _g.Where(visible, scores, _c.Scalar(float.MinValue));
        Value weights = _g.Softmax(scores);

        Value? dPresentKey = _c.OutputGradient(1), dPresentValue = _c.OutputGradient(2), dWeights = ScoreGradient(3);
        if (_c.OutputGradient(0) is { } gradient)
        {
            Value dY = Grouped(Split(gradient, _queryHeads)), groupedWeights = Grouped(weights);
            dPresentValue = Sum(dPresentValue, _g.MatMul(_g.Transpose(groupedWeights, [0, 1, 3, 2]), dY));
            dWeights = Sum(dWeights, Ungrouped(_g.MatMul(dY, _g.Transpose(value, [0, 1, 3, 2]))));
        }
        if (RawGradient(dWeights, weights, allowed, tanh) is { } dRaw)
        {
            dRaw = _g.Mul(dRaw, scale);
            if (_c.Wants(0)) _c.Give(0, Joined(Ungrouped(_g.MatMul(dRaw, key)), 0));
            dPresentKey = Sum(dPresentKey, _g.MatMul(_g.Transpose(dRaw, [0, 1, 3, 2]), query));
        }
        GiveCached(dPresentKey, 1, 4);
        GiveCached(dPresentValue, 2, 5);
    }

    /// <summary>From the weights back through softmax, mask and soft cap, each taking in what flows into the output of scores at its place; null where nothing flows.</summary>
    private Value? RawGradient(Value? dWeights, Value weights, Value? allowed, Value? tanh)
    {
        Value? dScores = ScoreGradient(2);
        if (dWeights is { } known) dScores = Sum(dScores, _g.Mul(weights, _g.Sub(known, _g.ReduceSum(_g.Mul(known, weights), [-1], true))));
        if (dScores is { } masked)
        {
            if (allowed is { } open) dScores = masked = _g.Where(open, masked, _c.Scalar(0));
            if (_c.Wants(3)) _c.Give(3, Broadcasting.ReduceAtRunTime(_g, masked, _c.Input(3)));
        }
        if (ScoreGradient(1) is { } ofCapped) dScores = Sum(dScores, ofCapped);
        Value? dRaw = dScores is { } scores ? Grouped(scores) : null;
        if (dRaw is { } capped && tanh is { } t) dRaw = _g.Mul(capped, _g.Sub(_c.Scalar(1), _g.Mul(t, t)));
        return ScoreGradient(0) is { } ofRaw ? Sum(dRaw, Grouped(ofRaw)) : dRaw;
    }

    /// <summary>What flows into the output of scores where it shows them at this place: 0 the scaled products, 1 after the soft cap, 2 with the mask, 3 the weights.</summary>
    private Value? ScoreGradient(long place) => _c.Node.AttributeInt("qk_matmul_output_mode", 0) == place ? _c.OutputGradient(3) : null;

    private bool IsBooleanMask => _c.Has(3) && _c.Shapes.Type(_c.Node.In(3)) == DataType.Bool;

    private Value Sum(Value? a, Value b) => a is { } known ? _g.Add(known, b) : b;

    /// <summary>[batch, sequence, heads * size] as [batch, heads, sequence, size].</summary>
    private Value Split(Value x, long heads) => _flat ? _g.Transpose(_g.Reshape(x, [0, 0, heads, -1]), [0, 2, 1, 3]) : x;

    /// <summary>Back to the layout of an input.</summary>
    private Value Joined(Value x, int input) => _flat ? _g.Reshape(_g.Transpose(x, [0, 2, 1, 3]), ShapeRules.ShapeValue(_c, _c.Input(input))) : x;

    /// <summary>Query heads that share a key head as further rows of it: [batch, key heads, group * sequence, ...].</summary>
    private Value Grouped(Value x)
    {
        if (Group == 1) return x;
        Value shape = _g.Shape(x);
        return _g.Reshape(x, _g.Concat([_g.Gather(shape, _g.Ints(0)), _g.Ints(_keyHeads, -1), _g.Gather(shape, _g.Ints(3))], 0));
    }

    private Value Ungrouped(Value x)
    {
        if (Group == 1) return x;
        Value shape = _g.Shape(x);
        return _g.Reshape(x, _g.Concat([_g.Gather(shape, _g.Ints(0)), _g.Ints(_queryHeads, -1), _g.Gather(shape, _g.Ints(3))], 0));
    }

    private Value Cached(Value x, int past) => _c.Has(past) ? _g.Concat([_c.Input(past), x], 2) : x;

    private void GiveCached(Value? gradient, int input, int past)
    {
        if (gradient is not { } whole) return;
        if (!_c.Has(past))
        {
            if (_c.Wants(input)) _c.Give(input, Joined(whole, input));
            return;
        }
        Value length = ShapeRules.Size(_c, _c.Input(past), 2);
        if (_c.Wants(past)) _c.Give(past, _g.Op("Slice", [whole, _g.Ints(0), length, _g.Ints(2)]));
        if (_c.Wants(input)) _c.Give(input, Joined(_g.Op("Slice", [whole, length, _g.Ints(long.MaxValue), _g.Ints(2)]), input));
    }

    private Value Scale(Value key)
    {
        if (_c.Node.Find("scale") is { } given) return _c.Scalar(given.F);
        Dimension? width = _c.ShapeOf(_c.Input(0))?[^1];
        if (width is { IsConstant: true }) return _c.Scalar((float)(1 / Math.Sqrt(_flat ? width.Value / (double)_queryHeads : width.Value)));
        DataType type = _c.Shapes.Type(_c.Node.In(0)) is var t && t == DataType.Undefined ? DataType.Float : t;
        Value size = _g.Squeeze(_g.Gather(_g.Shape(key), _g.Ints(3)), [0]);
        return _g.Op("Reciprocal", [_g.Sqrt(_g.Cast(size, type))]);
    }

    /// <summary>Which keys a query sees, by a boolean mask and by order; null where it sees all.</summary>
    private Value? Allowed(Value scores)
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
