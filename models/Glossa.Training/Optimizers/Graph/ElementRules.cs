using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Optimizers.Graph;

/// <summary>What a rule reads of one piece: weights, gradients (scaled, masked), moments.</summary>
/// <param name="Weights">The weights.</param>
/// <param name="Gradients">Their gradients.</param>
/// <param name="First">First moments.</param>
/// <param name="Second">Second moments, where the rule has them.</param>
internal readonly record struct PieceState(Value Weights, Value Gradients, Value First, Value Second);

/// <summary>The rules of single elements, as <see cref="AdamWRule"/> and <see cref="SgdRule"/> compute them. Small moments are not flushed to zero: a GPU is not slower with them.</summary>
internal static class ElementRules
{
    /// <summary>New weights and both moments.</summary>
    public static PieceState AdamW(GraphBuilder g, OptimizerGroupOptions options, PieceState state, StepControl control, Value rate, Value keep)
    {
        float beta1 = options.Betas[0], beta2 = options.Betas[1];
        Value first = g.Add(state.First, g.Mul(g.Sub(state.Gradients, state.First), g.Constant(1 - beta1)), "first");
        Value square = g.Mul(g.Mul(state.Gradients, state.Gradients), g.Constant(1 - beta2), "square");
        Value second = g.Add(g.Mul(state.Second, g.Constant(beta2)), square, "second");
        Value stepSize = g.Div(rate, g.Cast(Missing(g, beta1, control), DataType.Float), "step_size");
        Value correction = g.Cast(g.Sqrt(Missing(g, beta2, control)), DataType.Float, "correction");
        Value root = g.Add(g.Div(g.Sqrt(second), correction), g.Constant(options.Epsilon ?? AdamWRule.Epsilon), "denominator");
        Value weights = g.Sub(g.Mul(state.Weights, keep), g.Div(g.Mul(first, stepSize), root), "moved");
        return new PieceState(weights, Value.None, first, second);
    }

    /// <summary>New weights and momentum.</summary>
    public static PieceState Sgd(GraphBuilder g, OptimizerGroupOptions options, PieceState state, Value rate, Value keep)
    {
        Value momentum = g.Constant(options.Momentum), moved = g.Add(g.Mul(state.First, momentum), state.Gradients, "momentum");
        Value direction = options.Nesterov ? g.Add(state.Gradients, g.Mul(moved, momentum), "ahead") : moved;
        return new PieceState(g.Sub(g.Mul(state.Weights, keep), g.Mul(direction, rate), "moved"), Value.None, moved, Value.None);
    }

    // 1 - beta^t in float64: near 0 in the first steps, where float32 would lose digits.
    private static Value Missing(GraphBuilder g, float beta, StepControl control)
    {
        Value power = g.Op("Pow", [Double(g, beta), control.StepNumber], "beta_power");
        return g.Sub(Double(g, 1), power, "missing_weight");
    }

    private static Value Double(GraphBuilder g, float value) => g.Cast(g.Constant(value), DataType.Double, "wide");
}
