using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

internal static class ResamplingOperators
{
    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        operators["MaxPool"] = n => Pool(n, (values, _) => values.Max());
        operators["AveragePool"] = n => [Pool(n, (values, all) => values.Sum() / (n.Whole("count_include_pad", 0) != 0 ? all : values.Count))[0]];
        operators["GlobalAveragePool"] = n => [ReductionOperators.Reduce(n[0], [.. Enumerable.Range(2, n[0].Rank - 2)], true, v => v.Average())];
        operators["GlobalMaxPool"] = n => [ReductionOperators.Reduce(n[0], [.. Enumerable.Range(2, n[0].Rank - 2)], true, v => v.Max())];
        operators["DepthToSpace"] = DepthToSpace;
        operators["SpaceToDepth"] = SpaceToDepth;
        operators["ReverseSequence"] = ReverseSequence;
        operators["Compress"] = Compress;
        operators["Resize"] = Resize;
    }

    /// <summary>What a window holds, without the padding; and how many elements it holds with it.</summary>
    private static DoubleTensor[] Pool(EvaluatedNode n, Func<List<double>, int, double> reduce)
    {
        DoubleTensor x = n[0];
        int spatial = x.Rank - 2;
        long[] kernel = n.Proto.AttributeInts("kernel_shape")!, ones = [.. kernel.Select(_ => 1L)];
        long[] strides = n.Proto.AttributeInts("strides") ?? ones, dilations = n.Proto.AttributeInts("dilations") ?? ones, pads = n.Proto.AttributeInts("pads") ?? new long[2 * spatial];
        int[] shape = [x.Shape[0], x.Shape[1], .. Enumerable.Range(0, spatial).Select(d => (int)((x.Shape[d + 2] + pads[d] + pads[d + spatial] - ((kernel[d] - 1) * dilations[d]) - 1) / strides[d]) + 1)];
        DoubleTensor y = DoubleTensor.Of(x.Type, shape), places = DoubleTensor.Of(DataType.Int64, shape);
        int[] index = new int[x.Rank], window = Array.ConvertAll(kernel, k => (int)k), xStrides = x.Strides;
        int all = DoubleTensor.Count(window);
        for (int i = 0; i < y.Data.Length; i++)
        {
            for (int d = x.Rank - 1, rest = i; d >= 0; rest /= shape[d--]) index[d] = rest % shape[d];
            List<double> values = [];
            List<int> from = [];
            for (int j = 0; j < all; j++)
            {
                int at = (index[0] * xStrides[0]) + (index[1] * xStrides[1]);
                bool inside = true;
                for (int d = spatial - 1, rest = j; d >= 0; rest /= window[d--])
                {
                    int position = (int)((index[d + 2] * strides[d]) - pads[d] + (rest % window[d] * dilations[d]));
                    inside &= position >= 0 && position < x.Shape[d + 2];
                    at += position * xStrides[d + 2];
                }
                if (!inside) continue;
                values.Add(x.Data[at]);
                from.Add(at);
            }
            y.Data[i] = reduce(values, all);
            places.Data[i] = from[values.IndexOf(values.Max())];
        }
        return [y, places];
    }

    private static DoubleTensor[] DepthToSpace(EvaluatedNode n)
    {
        int block = (int)n.Whole("blocksize", 1), depth = n[0].Shape[1] / (block * block);
        bool columns = n.Proto.AttributeText("mode", "DCR") == "CRD";
        int[] shape = [n[0].Shape[0], depth, n[0].Shape[2] * block, n[0].Shape[3] * block];
        return [MovementOperators.Pick(n[0], shape, (index, at) =>
        {
            int cell = (index[2] % block * block) + (index[3] % block);
            (at[0], at[1], at[2], at[3]) = (index[0], columns ? (index[1] * block * block) + cell : (cell * depth) + index[1], index[2] / block, index[3] / block);
            return true;
        }, 0)];
    }

    private static DoubleTensor[] SpaceToDepth(EvaluatedNode n)
    {
        int block = (int)n.Whole("blocksize", 1), depth = n[0].Shape[1];
        int[] shape = [n[0].Shape[0], depth * block * block, n[0].Shape[2] / block, n[0].Shape[3] / block];
        return [MovementOperators.Pick(n[0], shape, (index, at) =>
        {
            int cell = index[1] / depth;
            (at[0], at[1], at[2], at[3]) = (index[0], index[1] % depth, (index[2] * block) + (cell / block), (index[3] * block) + (cell % block));
            return true;
        }, 0)];
    }

    private static DoubleTensor[] ReverseSequence(EvaluatedNode n)
    {
        int time = (int)n.Whole("time_axis", 0), batch = (int)n.Whole("batch_axis", 1);
        long[] lengths = n[1].Longs;
        return [MovementOperators.Pick(n[0], n[0].Shape, (index, at) =>
        {
            index.CopyTo(at, 0);
            int length = (int)lengths[index[batch]];
            if (index[time] < length) at[time] = length - 1 - index[time];
            return true;
        }, 0)];
    }

    private static DoubleTensor[] Compress(EvaluatedNode n)
    {
        int[] kept = [.. Enumerable.Range(0, n[1].Data.Length).Where(i => n[1].Data[i] != 0)];
        if (n.Proto.Find("axis") is null) return [new DoubleTensor(n[0].Type, [kept.Length], [.. kept.Select(i => n[0].Data[i])])];
        int axis = n.Axis(0);
        int[] shape = (int[])n[0].Shape.Clone();
        shape[axis] = kept.Length;
        return [MovementOperators.Pick(n[0], shape, (index, at) => { index.CopyTo(at, 0); at[axis] = kept[index[axis]]; return true; }, 0)];
    }

    /// <summary>Nearest and linear, axis after axis.</summary>
    private static DoubleTensor[] Resize(EvaluatedNode n)
    {
        DoubleTensor y = n[0];
        int[] axes = n.Proto.AttributeInts("axes") is { } some ? Array.ConvertAll(some, a => (int)(a < 0 ? a + n[0].Rank : a)) : [.. Enumerable.Range(0, y.Rank)];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = axes[i], size = y.Shape[axis];
            double scale = n.Optional(3) is { } sizes ? sizes.Data[i] / size : n[2].Data[i];
            int length = n.Optional(3) is { } given ? (int)given.Data[i] : (int)Math.Floor(size * scale);
            if (length == size && scale == 1) continue;
            (int, double)[][] weights = [.. Enumerable.Range(0, length).Select(at => Weights(n, at, size, length, scale))];
            DoubleTensor from = y;
            int[] shape = (int[])y.Shape.Clone();
            shape[axis] = length;
            y = DoubleTensor.Of(from.Type, shape);
            int stride = from.Strides[axis];
            for (int j = 0; j < y.Data.Length; j++)
            {
                int start = (j / (stride * length) * stride * size) + (j % stride);
                foreach ((int place, double weight) in weights[j / stride % length]) y.Data[j] += weight * from.Data[start + (place * stride)];
            }
        }
        return [y];
    }

    private static (int Place, double Weight)[] Weights(EvaluatedNode n, int at, int size, int length, double scale)
    {
        double x = n.Proto.AttributeText("coordinate_transformation_mode", "half_pixel") switch
        {
            "asymmetric" => at / scale,
            "align_corners" => length == 1 ? 0 : at * (size - 1.0) / (length - 1),
            "pytorch_half_pixel" => length == 1 ? 0 : ((at + 0.5) / scale) - 0.5,
            _ => ((at + 0.5) / scale) - 0.5,
        };
        if (n.Proto.AttributeText("mode", "nearest") == "nearest")
        {
            double rounded = n.Proto.AttributeText("nearest_mode", "round_prefer_floor") switch { "floor" => Math.Floor(x), "ceil" => Math.Ceiling(x), "round_prefer_ceil" => Math.Floor(x + 0.5), _ => Math.Ceiling(x - 0.5) };
            return [((int)Math.Clamp(rounded, 0, size - 1), 1)];
        }
        x = Math.Clamp(x, 0, size - 1);
        int low = (int)Math.Floor(x), high = Math.Min(low + 1, size - 1);
        return [(low, 1 - (x - low)), (high, x - low)];
    }
}
