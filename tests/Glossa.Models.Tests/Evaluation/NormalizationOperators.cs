using Glossa.Models.Shapes;
using static Glossa.Models.Tests.Evaluation.ElementwiseOperators;

namespace Glossa.Models.Tests.Evaluation;

internal static class NormalizationOperators
{
    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        operators["LayerNormalization"] = n => LayerNorm(n[0], n[1], n.Optional(2), n.Axis(-1), n.Proto.AttributeFloat("epsilon", 1e-5f));
        operators["RMSNormalization"] = n => [RmsNorm(n[0], n[1], n.Axis(-1), n.Proto.AttributeFloat("epsilon", 1e-5f))[0]];
        operators["SimplifiedLayerNormalization"] = n => RmsNorm(n[0], n[1], n.Axis(-1), n.Proto.AttributeFloat("epsilon", 1e-5f));
        operators["com.microsoft.SkipSimplifiedLayerNormalization"] = n =>
        {
            DoubleTensor sum = Skip(n, 3);
            DoubleTensor[] normalized = RmsNorm(sum, n[2], sum.Rank - 1, n.Proto.AttributeFloat("epsilon", 1e-5f));
            return [normalized[0], sum, normalized[1], sum];
        };
        operators["com.microsoft.SkipLayerNormalization"] = n =>
        {
            DoubleTensor sum = Skip(n, 4);
            DoubleTensor[] normalized = LayerNorm(sum, n[2], n.Optional(3), sum.Rank - 1, n.Proto.AttributeFloat("epsilon", 1e-5f));
            return [normalized[0], normalized[1], normalized[2], sum];
        };
    }

    private static DoubleTensor Skip(EvaluatedNode n, int bias)
    {
        DoubleTensor sum = Combine(n[0], n[1], (a, b) => a + b);
        return n.Optional(bias) is { } added ? Combine(sum, added, (a, b) => a + b) : sum;
    }

    private static DoubleTensor[] LayerNorm(DoubleTensor x, DoubleTensor gain, DoubleTensor? bias, int axis, double epsilon)
    {
        int[] axes = [.. Enumerable.Range(axis, x.Rank - axis)];
        DoubleTensor mean = ReductionOperators.Reduce(x, axes, true, v => v.Average());
        DoubleTensor centred = Combine(x, mean, (a, b) => a - b);
        DoubleTensor inverse = ReductionOperators.Reduce(centred, axes, true, v => 1 / Math.Sqrt((v.Sum(e => e * e) / v.Length) + epsilon));
        DoubleTensor y = Combine(Combine(centred, inverse, (a, b) => a * b), gain, (a, b) => a * b);
        return [bias is null ? y : Combine(y, bias, (a, b) => a + b), mean, inverse];
    }

    private static DoubleTensor[] RmsNorm(DoubleTensor x, DoubleTensor gain, int axis, double epsilon)
    {
        int[] axes = [.. Enumerable.Range(axis, x.Rank - axis)];
        DoubleTensor inverse = ReductionOperators.Reduce(x, axes, true, v => 1 / Math.Sqrt((v.Sum(e => e * e) / v.Length) + epsilon));
        return [Combine(Combine(x, inverse, (a, b) => a * b), gain, (a, b) => a * b), inverse];
    }
}
