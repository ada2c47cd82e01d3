using Glossa.Models.Building;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Losses;

/// <summary>A loss that the graph computes itself; weighted, it is multiplied by the weight (1 over the number of micro-batches, where each gives a mean).</summary>
internal static class CustomLoss
{
    /// <summary>Appends what brings the output to a float32 scalar.</summary>
    /// <exception cref="InputException">The output is no floating-point scalar.</exception>
    public static AttachedLoss Attach(LossContext context)
    {
        GraphBuilder g = context.G;
        if (!context.Shapes.MayCarryGradient(context.Output))
            throw new InputException($"the output '{context.Output}' is {context.Shapes.Type(context.Output)}, no floating-point loss", fix: "name the output that holds the loss (--output)");
        if (context.Shapes.Shape(context.Output) is { } shape && shape.Any(dimension => dimension.IsConstant && !dimension.Is(1))) context.RequireRank("that is a scalar", 0);
        if (context.Shapes.Rank(context.Output) > 1) context.RequireRank("that is a scalar", 0, 1);
        Value scalar = g.Op("Reshape", [context.Float(new Value(context.Output)), g.Ints()], "scalar");
        if (!context.Options.WeightedLoss) return new AttachedLoss(scalar, new Dictionary<string, Value> { [scalar.Name] = g.Constant(1f) });
        Value weight = g.Input(Steps.StepModel.LossWeight, DataType.Float);
        return new AttachedLoss(g.Mul(scalar, weight, "weighted"), new Dictionary<string, Value> { [scalar.Name] = weight });
    }
}
