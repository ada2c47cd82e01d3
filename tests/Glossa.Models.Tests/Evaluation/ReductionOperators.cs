using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

internal static class ReductionOperators
{
    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        void Add(string name, Func<double[], double> reduce) => operators[name] = n => [Reduce(n, reduce)];
        Add("ReduceSum", v => v.Sum());
        Add("ReduceMean", v => v.Average());
        Add("ReduceMax", v => v.Max());
        Add("ReduceMin", v => v.Min());
        Add("ReduceProd", v => v.Aggregate(1.0, (a, b) => a * b));
        Add("ReduceL1", v => v.Sum(Math.Abs));
        Add("ReduceL2", v => Math.Sqrt(v.Sum(x => x * x)));
        Add("ReduceLogSum", v => Math.Log(v.Sum()));
        Add("ReduceLogSumExp", LogSumExp);
        Add("ReduceSumSquare", v => v.Sum(x => x * x));
        operators["Softmax"] = n => [AlongAxis(n[0], n.Axis(-1), Softmax)];
        operators["LogSoftmax"] = n => [AlongAxis(n[0], n.Axis(-1), v => { double s = LogSumExp(v); return Array.ConvertAll(v, x => x - s); })];
    }

    internal static double[] Softmax(double[] line)
    {
        double max = line.Max(), sum = line.Sum(x => Math.Exp(x - max));
        return Array.ConvertAll(line, x => Math.Exp(x - max) / sum);
    }

    private static double LogSumExp(double[] values)
    {
        double max = values.Max();
        return max + Math.Log(values.Sum(v => Math.Exp(v - max)));
    }

    internal static DoubleTensor AlongAxis(DoubleTensor x, int axis, Func<double[], double[]> map)
    {
        DoubleTensor y = DoubleTensor.Of(x.Type, x.Shape);
        int length = x.Shape[axis], stride = x.Strides[axis];
        double[] line = new double[length];
        for (int i = 0; i < x.Data.Length; i++)
        {
            if (i / stride % length != 0) continue;
            for (int j = 0; j < length; j++) line[j] = x.Data[i + (j * stride)];
            double[] mapped = map(line);
            for (int j = 0; j < length; j++) y.Data[i + (j * stride)] = mapped[j];
        }
        return y;
    }

    private static DoubleTensor Reduce(EvaluatedNode n, Func<double[], double> reduce)
    {
        DoubleTensor x = n[0];
        int[] axes = n.Axes(1, x.Rank) ?? [];
        if (axes.Length == 0)
        {
            // No axes are reduced then, but each element still is its own sum of squares, norm, ...
            if (n.Whole("noop_with_empty_axes", 0) != 0) return x.Map(v => reduce([v]));
            axes = [.. Enumerable.Range(0, x.Rank)];
        }
        return Reduce(x, axes, n.Whole("keepdims", 1) != 0, reduce);
    }

    internal static DoubleTensor Reduce(DoubleTensor x, int[] axes, bool keep, Func<double[], double> reduce)
    {
        int[] kept = [.. x.Shape.Select((d, i) => axes.Contains(i) ? 1 : d)];
        List<double>[] groups = [.. Enumerable.Range(0, DoubleTensor.Count(kept)).Select(_ => new List<double>())];
        for (int i = 0; i < x.Data.Length; i++)
        {
            int to = 0, stride = 1;
            for (int d = x.Rank - 1, rest = i; d >= 0; rest /= x.Shape[d--])
            {
                if (kept[d] == 1) continue;
                to += rest % x.Shape[d] * stride;
                stride *= kept[d];
            }
            groups[to].Add(x.Data[i]);
        }
        DoubleTensor y = new(x.Type, kept, [.. groups.Select(g => reduce([.. g]))]);
        return keep ? y : y.Reshaped([.. x.Shape.Where((_, i) => !axes.Contains(i))]);
    }
}
