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
        operators["BatchNormalization"] = n =>
        {
            double epsilon = n.Proto.AttributeFloat("epsilon", 1e-5f);
            DoubleTensor Channels(int input) => n[input].Reshaped([1, n[input].Shape[0], .. Enumerable.Repeat(1, n[0].Rank - 2)]);
            DoubleTensor y = Combine(Combine(n[0], Channels(3), (x, m) => x - m), Channels(4), (x, v) => x / Math.Sqrt(v + epsilon));
            return [Combine(Combine(y, Channels(1), (x, s) => x * s), Channels(2), (x, b) => x + b)];
        };
        operators["InstanceNormalization"] = n => [Grouped(n, n[0].Shape[1])];
        operators["GroupNormalization"] = n => [Grouped(n, (int)n.Whole("num_groups", 1))];
        operators["MeanVarianceNormalization"] = n =>
        {
            int[] axes = Array.ConvertAll(n.Proto.AttributeInts("axes") ?? [0, 2, 3], a => (int)(a < 0 ? a + n[0].Rank : a));
            DoubleTensor centred = Combine(n[0], ReductionOperators.Reduce(n[0], axes, true, v => v.Average()), (a, b) => a - b);
            return [Combine(centred, ReductionOperators.Reduce(centred, axes, true, v => Math.Sqrt(v.Average(e => e * e))), (a, b) => a / (b + 1e-9))];
        };
        operators["LpNormalization"] = n => [ReductionOperators.AlongAxis(n[0], n.Axis(-1), line =>
        {
            double norm = n.Whole("p", 2) == 1 ? line.Sum(Math.Abs) : Math.Sqrt(line.Sum(v => v * v));
            return Array.ConvertAll(line, v => norm == 0 ? 0 : v / norm);
        })];
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

    /// <summary>Each group of channels normalized over channels and places; scale and bias stand for channels or for groups.</summary>
    private static DoubleTensor Grouped(EvaluatedNode n, int groups)
    {
        DoubleTensor x = n[0];
        int channels = x.Shape[1], inner = x.Data.Length / (x.Shape[0] * channels), block = channels / groups * inner;
        DoubleTensor y = DoubleTensor.Of(x.Type, x.Shape);
        for (int start = 0; start < x.Data.Length; start += block)
        {
            ReadOnlySpan<double> part = x.Data.AsSpan(start, block);
            double mean = 0, variance = 0;
            foreach (double v in part) mean += v / block;
            foreach (double v in part) variance += (v - mean) * (v - mean) / block;
            for (int i = start; i < start + block; i++)
            {
                int channel = i / inner % channels, at = n[1].Data.Length == groups ? channel / (channels / groups) : channel;
                y.Data[i] = ((x.Data[i] - mean) / Math.Sqrt(variance + n.Proto.AttributeFloat("epsilon", 1e-5f)) * n[1].Data[at]) + n[2].Data[at];
            }
        }
        return y;
    }

    private static DoubleTensor Skip(EvaluatedNode n, int bias)
    {
        DoubleTensor sum = Combine(n[0], n[1], (a, b) => a + b);
        return n.Optional(bias) is { } added ? Combine(sum, added, (a, b) => a + b) : sum;
    }

    internal static DoubleTensor[] LayerNorm(DoubleTensor x, DoubleTensor gain, DoubleTensor? bias, int axis, double epsilon)
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
