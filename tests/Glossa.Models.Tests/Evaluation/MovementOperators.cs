using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

internal static class MovementOperators
{
    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        operators["Shape"] = n =>
        {
            int start = Clamp(n.Whole("start", 0), n[0].Rank), end = Clamp(n.Whole("end", n[0].Rank), n[0].Rank);
            long[] dims = [.. n[0].Shape[start..Math.Max(start, end)].Select(d => (long)d)];
            return [DoubleTensor.Wholes([dims.Length], dims)];
        };
        operators["Size"] = n => [DoubleTensor.Wholes([], n[0].Data.Length)];
        operators["Constant"] = Constant;
        operators["ConstantOfShape"] = n =>
        {
            DoubleTensor value = n.Proto.Find("value")?.T is { } t ? DoubleTensor.FromProto(t) : DoubleTensor.Reals([1], 0);
            DoubleTensor y = DoubleTensor.Of(value.Type, Dims(n[0]));
            Array.Fill(y.Data, value.Data[0]);
            return [y];
        };
        operators["Range"] = n =>
        {
            double start = n[0].Data[0], limit = n[1].Data[0], delta = n[2].Data[0];
            int count = (int)Math.Max(0, Math.Ceiling((limit - start) / delta));
            return [new DoubleTensor(n[0].Type, [count], [.. Enumerable.Range(0, count).Select(i => start + (i * delta))])];
        };
        operators["Transpose"] = n => [Transpose(n[0], n.Proto.AttributeInts("perm") is { } p ? Array.ConvertAll(p, v => (int)v) : [.. Enumerable.Range(0, n[0].Rank).Reverse()])];
        operators["Reshape"] = n => [Reshape(n[0], n[1].Longs, n.Whole("allowzero", 0) != 0)];
        operators["Flatten"] = n =>
        {
            int axis = n.Axis(1);
            return [n[0].Reshaped([DoubleTensor.Count(n[0].Shape.AsSpan(0, axis)), DoubleTensor.Count(n[0].Shape.AsSpan(axis))])];
        };
        operators["Squeeze"] = n =>
        {
            int[]? axes = n.Axes(1, n[0].Rank);
            return [n[0].Reshaped([.. n[0].Shape.Where((d, i) => axes is null ? d != 1 : !axes.Contains(i))])];
        };
        operators["Unsqueeze"] = n =>
        {
            int rank = n[0].Rank + (n.Optional(1)?.Data.Length ?? n.Proto.AttributeInts("axes")!.Length);
            int[] axes = n.Axes(1, rank)!;
            Queue<int> rest = new(n[0].Shape);
            return [n[0].Reshaped([.. Enumerable.Range(0, rank).Select(i => axes.Contains(i) ? 1 : rest.Dequeue())])];
        };
        operators["Expand"] = n => [ElementwiseOperators.Expand(n[0], ElementwiseOperators.BroadcastShape(n[0].Shape, Dims(n[1])))];
        operators["Concat"] = n => [Concat([.. n.Inputs.Select(t => t!)], n.Axis(0))];
        operators["Split"] = Split;
        operators["Slice"] = Slice;
        operators["Tile"] = n =>
        {
            int[] repeats = Dims(n[1]), shape = [.. n[0].Shape.Zip(repeats, (d, r) => d * r)];
            return [Pick(n[0], shape, (index, at) => { for (int d = 0; d < at.Length; d++) at[d] = index[d] % n[0].Shape[d]; return true; }, 0)];
        };
        operators["Pad"] = Pad;
        operators["Trilu"] = n =>
        {
            long k = n.Optional(1)?.Longs[0] ?? 0;
            bool upper = n.Whole("upper", 1) != 0;
            return [Pick(n[0], n[0].Shape, (index, at) =>
            {
                index.CopyTo(at, 0);
                int distance = index[^1] - index[^2];
                return upper ? distance >= k : distance <= k;
            }, 0)];
        };
        operators["CumSum"] = n => [CumSum(n[0], (int)n[1].Longs[0], n.Whole("exclusive", 0) != 0, n.Whole("reverse", 0) != 0)];
    }

    private static int Clamp(long value, int rank) => (int)Math.Clamp(value < 0 ? value + rank : value, 0, rank);

    internal static int[] Dims(DoubleTensor t) => Array.ConvertAll(t.Longs, v => (int)v);

    private static DoubleTensor[] Constant(EvaluatedNode n)
    {
        if (n.Proto.Find("value")?.T is { } tensor) return [DoubleTensor.FromProto(tensor)];
        if (n.Proto.Find("value_int") is { } i) return [DoubleTensor.Wholes([], i.I)];
        if (n.Proto.Find("value_float") is { } f) return [DoubleTensor.Reals([], f.F)];
        if (n.Proto.Find("value_ints") is { } ints) return [DoubleTensor.Wholes([ints.Ints.Count], [.. ints.Ints])];
        AttributeProto floats = n.Proto.Find("value_floats") ?? throw new NotSupportedException("this kind of Constant");
        return [DoubleTensor.Reals([floats.Floats.Count], [.. floats.Floats.Select(v => (double)v)])];
    }

    /// <summary>A tensor of another shape, each element picked from the place that <paramref name="from"/> writes, or filled where it says false.</summary>
    internal static DoubleTensor Pick(DoubleTensor x, int[] shape, Func<int[], int[], bool> from, double fill)
    {
        DoubleTensor y = DoubleTensor.Of(x.Type, shape);
        int[] index = new int[shape.Length], at = new int[x.Rank], strides = x.Strides;
        for (int i = 0; i < y.Data.Length; i++)
        {
            for (int d = shape.Length - 1, rest = i; d >= 0; rest /= shape[d--]) index[d] = rest % shape[d];
            if (!from(index, at))
            {
                y.Data[i] = fill;
                continue;
            }
            int offset = 0;
            for (int d = 0; d < at.Length; d++) offset += at[d] * strides[d];
            y.Data[i] = x.Data[offset];
        }
        return y;
    }

    internal static DoubleTensor Transpose(DoubleTensor x, int[] permutation) =>
        Pick(x, [.. permutation.Select(p => x.Shape[p])], (index, at) => { for (int d = 0; d < at.Length; d++) at[permutation[d]] = index[d]; return true; }, 0);

    private static DoubleTensor Reshape(DoubleTensor x, long[] target, bool allowZero)
    {
        int[] shape = new int[target.Length];
        int rest = -1, known = 1;
        for (int i = 0; i < target.Length; i++)
        {
            if (target[i] == -1) rest = i;
            else known *= shape[i] = target[i] == 0 && !allowZero ? x.Shape[i] : (int)target[i];
        }
        if (rest >= 0) shape[rest] = known == 0 ? 0 : x.Data.Length / known;
        return x.Reshaped(shape);
    }

    internal static DoubleTensor Concat(DoubleTensor[] parts, int axis)
    {
        int[] shape = (int[])parts[0].Shape.Clone();
        shape[axis] = parts.Sum(p => p.Shape[axis]);
        DoubleTensor y = DoubleTensor.Of(parts[0].Type, shape);
        int outer = DoubleTensor.Count(shape.AsSpan(0, axis)), to = 0;
        for (int o = 0; o < outer; o++)
        {
            foreach (DoubleTensor part in parts)
            {
                int block = DoubleTensor.Count(part.Shape.AsSpan(axis));
                Array.Copy(part.Data, o * block, y.Data, to, block);
                to += block;
            }
        }
        return y;
    }

    private static DoubleTensor[] Split(EvaluatedNode n)
    {
        int axis = n.Axis(0), size = n[0].Shape[axis], count = n.Proto.Output.Count, chunk = (size + count - 1) / count;
        int[] sizes = n.Optional(1) is { } given ? Dims(given) : [.. Enumerable.Range(0, count).Select(i => Math.Min(chunk, size - (i * chunk)))];
        DoubleTensor[] parts = new DoubleTensor[sizes.Length];
        for (int i = 0, start = 0; i < sizes.Length; start += sizes[i++])
        {
            int[] shape = (int[])n[0].Shape.Clone();
            shape[axis] = sizes[i];
            int from = start;
            parts[i] = Pick(n[0], shape, (index, at) => { index.CopyTo(at, 0); at[axis] += from; return true; }, 0);
        }
        return parts;
    }

    private static DoubleTensor[] Slice(EvaluatedNode n)
    {
        long[] starts = n[1].Longs, ends = n[2].Longs;
        int[] axes = n.Optional(3) is null ? [.. Enumerable.Range(0, starts.Length)] : Array.ConvertAll(n[3].Longs, a => (int)(a < 0 ? a + n[0].Rank : a));
        long[] steps = n.Optional(4)?.Longs ?? [.. starts.Select(_ => 1L)];
        int[] shape = (int[])n[0].Shape.Clone(), first = new int[shape.Length], step = new int[shape.Length];
        Array.Fill(step, 1);
        for (int i = 0; i < axes.Length; i++)
        {
            long size = shape[axes[i]], start = starts[i] < 0 ? starts[i] + size : starts[i], end = ends[i] < -size ? (steps[i] < 0 ? -1 : 0) : ends[i] < 0 ? ends[i] + size : ends[i];
            // The largest integers mean "to the end" in ONNX Runtime, whichever way the slice runs.
            if (ends[i] is int.MaxValue or long.MaxValue && steps[i] < 0) end = -1;
            start = steps[i] > 0 ? Math.Clamp(start, 0, size) : Math.Clamp(start, 0, Math.Max(0, size - 1));
            end = steps[i] > 0 ? Math.Clamp(end, 0, size) : Math.Clamp(end, -1, Math.Max(-1, size - 1));
            shape[axes[i]] = (int)Math.Max(0, Math.Ceiling((end - start) / (double)steps[i]));
            (first[axes[i]], step[axes[i]]) = ((int)start, (int)steps[i]);
        }
        return [Pick(n[0], shape, (index, at) => { for (int d = 0; d < at.Length; d++) at[d] = first[d] + (index[d] * step[d]); return true; }, 0)];
    }

    private static DoubleTensor[] Pad(EvaluatedNode n)
    {
        DoubleTensor x = n[0];
        int[] pads = Dims(n[1]), axes = n.Axes(3, x.Rank) ?? [.. Enumerable.Range(0, x.Rank)];
        string mode = n.Proto.AttributeText("mode", "constant");
        int[] shape = (int[])x.Shape.Clone(), before = new int[x.Rank];
        for (int i = 0; i < axes.Length; i++)
        {
            before[axes[i]] = pads[i];
            shape[axes[i]] += pads[i] + pads[i + axes.Length];
        }
        return [Pick(x, shape, (index, at) =>
        {
            for (int d = 0; d < at.Length; d++)
            {
                int i = index[d] - before[d], size = x.Shape[d];
                if ((i < 0 || i >= size) && mode == "constant") return false;
                at[d] = mode switch
                {
                    "edge" => Math.Clamp(i, 0, size - 1),
                    "wrap" => ((i % size) + size) % size,
                    "reflect" => Reflect(i, size),
                    _ => i,
                };
            }
            return true;
        }, n.Optional(2)?.Data[0] ?? 0)];
    }

    private static int Reflect(int i, int size)
    {
        if (size == 1) return 0;
        int period = 2 * (size - 1), at = ((i % period) + period) % period;
        return at < size ? at : period - at;
    }

    private static DoubleTensor CumSum(DoubleTensor x, int axis, bool exclusive, bool reverse)
    {
        if (axis < 0) axis += x.Rank;
        DoubleTensor y = DoubleTensor.Of(x.Type, x.Shape);
        int length = x.Shape[axis], stride = x.Strides[axis];
        for (int i = 0; i < x.Data.Length; i++)
        {
            int position = i / stride % length;
            double sum = 0;
            for (int k = 0; k < length; k++)
            {
                bool counts = reverse ? (exclusive ? k > position : k >= position) : exclusive ? k < position : k <= position;
                if (counts) sum += x.Data[i + ((k - position) * stride)];
            }
            y.Data[i] = sum;
        }
        return y;
    }
}
