using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Optimizers.Graph;

/// <summary>The part of an optimizer graph that is about the whole step: norm, clipping, overflow, loss scale, history. Its values are <c>[1]</c>.</summary>
internal sealed class StepControl
{
    private readonly GraphBuilder _g;
    private readonly OptimizerGraphOptions _options;
    private readonly Value _steps, _scale, _good, _loss, _norm;
    private readonly Value? _isFinite;

    /// <param name="g">The graph.</param>
    /// <param name="options">Clipping and scaling.</param>
    /// <param name="gradients">All gradients as rows, <c>[rows, width]</c>.</param>
    /// <param name="loss">The scaled loss.</param>
    /// <param name="control">The state of <see cref="OptimizerBuffer.Control"/>.</param>
    public StepControl(GraphBuilder g, OptimizerGraphOptions options, Value gradients, Value loss, Value control)
    {
        (_g, _options) = (g, options);
        Value[] state = g.Ops("Split", [control, g.Ints(1, 1, 1)], ["steps", "loss_scale", "good_steps"], "", OnnxFactory.Attribute("axis", 0L));
        (_steps, _scale, _good) = (state[0], state[1], state[2]);
        // Rows first: one sum over millions of floats would lose digits.
        Value rows = g.Op("ReduceSumSquare", [gradients], "square_sums", "", OnnxFactory.Attribute("axes", [1L]), OnnxFactory.Attribute("keepdims", 0L));
        Value norm = g.Sqrt(g.ReduceSum(rows, [0], true, "square_sum"), "scaled_norm");
        _norm = options.Scaling is null ? norm : g.Div(norm, _scale, "norm");
        _loss = options.Scaling is null ? loss : g.Div(loss, _scale, "loss.unscaled");
        if (options.Scaling is not null) _isFinite = g.Op("And", [IsFinite(_norm), IsFinite(g.Op("Abs", [_loss], "loss.magnitude"))], "is_finite");
        GradientScale = Scale();
        StepNumber = g.Cast(g.Add(_steps, g.Constant(1f), "next_steps"), DataType.Double, "step_number");
    }

    /// <summary>What gradients are multiplied by as they are read; none where by nothing.</summary>
    public Value GradientScale { get; }

    /// <summary>Number of this step, from 1, in float64.</summary>
    public Value StepNumber { get; }

    /// <summary>A new value, or where the step is left out the old one.</summary>
    public Value Kept(Value updated, Value old, string name) => _isFinite is { } finite ? _g.Where(finite, updated, old, name) : updated;

    /// <summary>The state after the step.</summary>
    public Value Next()
    {
        if (_options.Scaling is not { } scaling || _isFinite is not { } finite)
            return _g.Concat([_g.Add(_steps, _g.Constant(1f), "next_steps"), _scale, _good], 0, "control.next");
        Value one = _g.Constant(1f), good = _g.Where(finite, _g.Add(_good, one), _g.Constant(0f), "good_steps.counted");
        Value grows = _g.Op("GreaterOrEqual", [good, _g.Constant((float)scaling.GrowthSteps)], "scale_grows");
        Value doubled = _g.Op("Min", [_g.Mul(_scale, _g.Constant(2f)), _g.Constant(LossScaling.Largest)], "doubled");
        Value halved = _g.Op("Max", [_g.Mul(_scale, _g.Constant(0.5f)), _g.Constant(LossScaling.Least)], "halved");
        Value scale = _g.Where(finite, _g.Where(grows, doubled, _scale), halved, "loss_scale.next");
        Value steps = _g.Add(_steps, _g.Cast(finite, DataType.Float), "steps.next");
        return _g.Concat([steps, scale, _g.Where(grows, _g.Constant(0f), good, "good_steps.next")], 0, "control.next");
    }

    /// <summary>The history with this step behind the earlier ones.</summary>
    public Value Recorded(Value history)
    {
        Value skipped = _isFinite is { } finite
            ? _g.Cast(_g.Op("And", [_g.Op("Not", [finite], "overflows"), _g.Op("Greater", [_scale, _g.Constant(LossScaling.Least)], "can_fall")], "is_left_out"), DataType.Float, "left_out")
            : _g.Mul(_good, _g.Constant(0f), "left_out");
        Value row = _g.Unsqueeze(_g.Concat([_loss, _norm, skipped, _scale], 0, "outcome"), [0], "outcome.row");
        Value earlier = _g.Op("Slice", [history, _g.Ints(1), _g.Ints(_options.History), _g.Ints(0)], "earlier");
        return _g.Concat([earlier, row], 0, "history.next");
    }

    private Value Scale()
    {
        Value clipped = Value.None;
        if (_options.Clip > 0)
        {
            Value ratio = _g.Div(_g.Constant(_options.Clip), _g.Add(_norm, _g.Constant(1e-6f)), "clip_ratio");
            clipped = _g.Op("Min", [ratio, _g.Constant(1f)], "clip_factor");
        }
        if (_options.Scaling is null) return clipped;
        return _g.Div(clipped == Value.None ? _g.Constant(1f) : clipped, _scale, "gradient_scale");
    }

    // Neither NaN nor infinity is below the largest float.
    private Value IsFinite(Value value) => _g.Op("Less", [value, _g.Constant(float.MaxValue)], "below_largest");
}
