using Glossa.Models.Building;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Losses;

/// <summary>Mean of (output - target)^2; weighted, the sum of the squares times the weight.</summary>
internal static class MeanSquaredError
{
    /// <summary>Appends the loss.</summary>
    public static AttachedLoss Attach(LossContext context)
    {
        GraphBuilder g = context.G;
        Value output = context.Float(new Value(context.Output));
        int rank = context.RequireKnownRank(least: 0);
        Value target = LabelInput.Declare(context, StepModel.Target, DataType.Float, context.Axes(StepModel.Target, rank));
        Value difference = g.Sub(output, target, "difference");
        Value weight = context.MeanWeight(() => g.Cast(g.Op("Size", [output], "elements"), DataType.Float, "count"));
        Value loss = g.Mul(g.ReduceSum(g.Mul(difference, difference, "squares"), [], false, "sum"), weight, "weighted_sum");
        Value gradient = g.Mul(difference, g.Mul(weight, g.Constant(2f), "doubled_weight"), "gradient");
        return new AttachedLoss(loss, new Dictionary<string, Value> { [output.Name] = gradient });
    }
}
