using Glossa.Models.Building;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>The gradient of scaled dot-product attention (ai.onnx Attention, opset 23), whose weights are computed again.</summary>
internal sealed class AttentionGradient
{
    private readonly GradientContext _c;
    private readonly GraphBuilder _g;
    private readonly AttentionParts _parts;

    private AttentionGradient(GradientContext c) => (_c, _g, _parts) = (c, c.G, new AttentionParts(c));

    internal static void Apply(GradientContext c) => new AttentionGradient(c).Write();

    private void Write()
    {
        Value? dPresentKey = _c.OutputGradient(1), dPresentValue = _c.OutputGradient(2), dWeights = ScoreGradient(3);
        if (_c.OutputGradient(0) is { } gradient)
        {
            Value dY = _parts.Grouped(_parts.SplitQuery(gradient)), groupedWeights = _parts.Grouped(_parts.Weights);
            dPresentValue = Sum(dPresentValue, _g.MatMul(_g.Transpose(groupedWeights, [0, 1, 3, 2]), dY));
            dWeights = Sum(dWeights, _parts.Ungrouped(_g.MatMul(dY, _g.Transpose(_parts.Value, [0, 1, 3, 2]))));
        }
        if (RawGradient(dWeights) is { } dRaw)
        {
            dRaw = _g.Mul(dRaw, _parts.Scale);
            if (_c.Wants(0)) _c.Give(0, _parts.Joined(_parts.Ungrouped(_g.MatMul(dRaw, _parts.Key)), 0));
            dPresentKey = Sum(dPresentKey, _g.MatMul(_g.Transpose(dRaw, [0, 1, 3, 2]), _parts.Query));
        }
        GiveCached(dPresentKey, 1, 4);
        GiveCached(dPresentValue, 2, 5);
    }

    /// <summary>From the weights back through softmax, mask and soft cap, each taking in what flows into the output of scores at its place; null where nothing flows.</summary>
    private Value? RawGradient(Value? dWeights)
    {
        Value weights = _parts.Weights;
        Value? dScores = ScoreGradient(2);
        if (dWeights is { } known) dScores = Sum(dScores, _g.Mul(weights, _g.Sub(known, _g.ReduceSum(_g.Mul(known, weights), [-1], true))));
        if (dScores is { } masked)
        {
            if (_parts.Allowed is { } open) dScores = masked = _g.Where(open, masked, _c.Scalar(0));
            if (_c.Wants(3)) _c.Give(3, Broadcasting.ReduceAtRunTime(_g, masked, _c.Input(3)));
        }
        if (ScoreGradient(1) is { } ofCapped) dScores = Sum(dScores, ofCapped);
        Value? dRaw = dScores is { } scores ? _parts.Grouped(scores) : null;
        if (dRaw is { } capped && _parts.Tanh is { } t) dRaw = _g.Mul(capped, _g.Sub(_c.Scalar(1), _g.Mul(t, t)));
        return ScoreGradient(0) is { } ofRaw ? Sum(dRaw, _parts.Grouped(ofRaw)) : dRaw;
    }

    /// <summary>What flows into the output of scores where it shows them at this place: 0 the scaled products, 1 after the soft cap, 2 with the mask, 3 the weights.</summary>
    private Value? ScoreGradient(long place) => _c.Node.AttributeInt("qk_matmul_output_mode", 0) == place ? _c.OutputGradient(3) : null;

    private Value Sum(Value? a, Value b) => a is { } known ? _g.Add(known, b) : b;

    private void GiveCached(Value? gradient, int input, int past)
    {
        if (gradient is not { } whole) return;
        if (!_c.Has(past))
        {
            if (_c.Wants(input)) _c.Give(input, _parts.Joined(whole, input));
            return;
        }
        Value length = ShapeRules.Size(_c, _c.Input(past), 2);
        if (_c.Wants(past)) _c.Give(past, _g.Op("Slice", [whole, _g.Ints(0), length, _g.Ints(2)]));
        if (_c.Wants(input)) _c.Give(input, _parts.Joined(_g.Op("Slice", [whole, length, _g.Ints(long.MaxValue), _g.Ints(2)]), input));
    }
}
