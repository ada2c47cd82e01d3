using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

internal static class IndexOperators
{
    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        operators["Gather"] = Gather;
        operators["GatherElements"] = n =>
        {
            int axis = n.Axis(0);
            long[] indices = n[1].Longs;
            int[] strides = n[1].Strides;
            return [MovementOperators.Pick(n[0], n[1].Shape, (index, at) =>
            {
                int flat = 0;
                for (int d = 0; d < at.Length; d++) flat += index[d] * strides[d];
                index.CopyTo(at, 0);
                at[axis] = Wrap(indices[flat], n[0].Shape[axis]);
                return true;
            }, 0)];
        };
        operators["GatherND"] = GatherNd;
        operators["ScatterElements"] = ScatterElements;
        operators["ScatterND"] = ScatterNd;
        operators["OneHot"] = OneHot;
        operators["NonZero"] = NonZero;
        operators["TopK"] = TopK;
        operators["ArgMax"] = n => [ArgExtreme(n, 1)];
        operators["ArgMin"] = n => [ArgExtreme(n, -1)];
        operators["If"] = If;
    }

    private static int Wrap(long index, int size) => (int)(index < 0 ? index + size : index);

    private static DoubleTensor[] Gather(EvaluatedNode n)
    {
        int axis = n.Axis(0), indexRank = n[1].Rank;
        long[] indices = n[1].Longs;
        int[] strides = n[1].Strides;
        int[] shape = [.. n[0].Shape[..axis], .. n[1].Shape, .. n[0].Shape[(axis + 1)..]];
        return [MovementOperators.Pick(n[0], shape, (index, at) =>
        {
            int flat = 0;
            for (int d = 0; d < indexRank; d++) flat += index[axis + d] * strides[d];
            for (int d = 0; d < at.Length; d++) at[d] = d < axis ? index[d] : d == axis ? Wrap(indices[flat], n[0].Shape[axis]) : index[d + indexRank - 1];
            return true;
        }, 0)];
    }

    private static DoubleTensor[] GatherNd(EvaluatedNode n)
    {
        int batch = (int)n.Whole("batch_dims", 0), tuple = n[1].Shape[^1], outer = n[1].Rank - 1;
        long[] indices = n[1].Longs;
        int[] strides = n[1].Strides;
        int[] shape = [.. n[1].Shape[..^1], .. n[0].Shape[(batch + tuple)..]];
        return [MovementOperators.Pick(n[0], shape, (index, at) =>
        {
            int flat = 0;
            for (int d = 0; d < outer; d++) flat += index[d] * strides[d];
            for (int d = 0; d < at.Length; d++)
                at[d] = d < batch ? index[d] : d < batch + tuple ? Wrap(indices[flat + d - batch], n[0].Shape[d]) : index[outer + d - batch - tuple];
            return true;
        }, 0)];
    }

    private static Func<double, double, double> Reduction(EvaluatedNode n) => n.Proto.AttributeText("reduction", "none") switch
    {
        "add" => (a, b) => a + b,
        "mul" => (a, b) => a * b,
        "max" => Math.Max,
        "min" => Math.Min,
        _ => (_, b) => b,
    };

    private static DoubleTensor[] ScatterElements(EvaluatedNode n)
    {
        int axis = n.Axis(0);
        DoubleTensor y = n[0] with { Data = (double[])n[0].Data.Clone() };
        long[] indices = n[1].Longs;
        int[] strides = y.Strides, shape = n[1].Shape;
        Func<double, double, double> reduce = Reduction(n);
        for (int i = 0; i < indices.Length; i++)
        {
            int offset = 0;
            for (int d = shape.Length - 1, rest = i; d >= 0; rest /= shape[d--])
                offset += (d == axis ? Wrap(indices[i], y.Shape[d]) : rest % shape[d]) * strides[d];
            y.Data[offset] = reduce(y.Data[offset], n[2].Data[i]);
        }
        return [y];
    }

    private static DoubleTensor[] ScatterNd(EvaluatedNode n)
    {
        DoubleTensor y = n[0] with { Data = (double[])n[0].Data.Clone() };
        long[] indices = n[1].Longs;
        int tuple = n[1].Shape[^1], block = DoubleTensor.Count(y.Shape.AsSpan(tuple));
        int[] strides = y.Strides;
        Func<double, double, double> reduce = Reduction(n);
        for (int i = 0; i < indices.Length / tuple; i++)
        {
            int offset = 0;
            for (int d = 0; d < tuple; d++) offset += Wrap(indices[(i * tuple) + d], y.Shape[d]) * strides[d];
            for (int j = 0; j < block; j++) y.Data[offset + j] = reduce(y.Data[offset + j], n[2].Data[(i * block) + j]);
        }
        return [y];
    }

    private static DoubleTensor[] OneHot(EvaluatedNode n)
    {
        int axis = n.Axis(-1, n[0].Rank + 1), depth = (int)n[1].Data[0];
        long[] indices = n[0].Longs;
        int[] strides = n[0].Strides;
        List<int> shape = [.. n[0].Shape];
        shape.Insert(axis, depth);
        return [MovementOperators.Pick(n[2], [.. shape], (index, at) =>
        {
            int flat = 0;
            for (int d = 0; d < n[0].Rank; d++) flat += index[d < axis ? d : d + 1] * strides[d];
            at[0] = Wrap(indices[flat], depth) == index[axis] ? 1 : 0;
            return true;
        }, 0)];
    }

    private static DoubleTensor[] NonZero(EvaluatedNode n)
    {
        DoubleTensor x = n[0];
        int rank = Math.Max(1, x.Rank);
        int[] places = [.. Enumerable.Range(0, x.Data.Length).Where(i => x.Data[i] != 0)], strides = x.Strides;
        DoubleTensor y = DoubleTensor.Of(DataType.Int64, [rank, places.Length]);
        for (int d = 0; d < x.Rank; d++)
        {
            for (int i = 0; i < places.Length; i++) y.Data[(d * places.Length) + i] = places[i] / strides[d] % x.Shape[d];
        }
        return [y];
    }

    private static DoubleTensor[] TopK(EvaluatedNode n)
    {
        int axis = n.Axis(-1), k = (int)n[1].Data[0], length = n[0].Shape[axis], stride = n[0].Strides[axis];
        bool largest = n.Whole("largest", 1) != 0;
        int[] shape = (int[])n[0].Shape.Clone();
        shape[axis] = k;
        DoubleTensor values = DoubleTensor.Of(n[0].Type, shape), places = DoubleTensor.Of(DataType.Int64, shape);
        for (int i = 0; i < values.Data.Length; i++)
        {
            int inner = i % stride, position = i / stride % k, outer = i / (stride * k), start = (outer * length * stride) + inner;
            int[] order = [.. Enumerable.Range(0, length).OrderBy(j => (largest ? -1 : 1) * n[0].Data[start + (j * stride)]).ThenBy(j => j)];
            values.Data[i] = n[0].Data[start + (order[position] * stride)];
            places.Data[i] = order[position];
        }
        return [values, places];
    }

    private static DoubleTensor ArgExtreme(EvaluatedNode n, int sign)
    {
        int axis = n.Axis(0), length = n[0].Shape[axis], stride = n[0].Strides[axis];
        int[] kept = (int[])n[0].Shape.Clone();
        kept[axis] = 1;
        DoubleTensor y = DoubleTensor.Of(DataType.Int64, kept);
        for (int i = 0; i < y.Data.Length; i++)
        {
            int start = (i / stride * length * stride) + (i % stride);
            y.Data[i] = Enumerable.Range(0, length).MaxBy(j => sign * n[0].Data[start + (j * stride)]);
        }
        return n.Whole("keepdims", 1) != 0 ? y : y.Reshaped([.. n[0].Shape.Where((_, d) => d != axis)]);
    }

    private static DoubleTensor[] If(EvaluatedNode n)
    {
        GraphProto body = n.Proto.Find(n[0].Data[0] != 0 ? "then_branch" : "else_branch")!.G;
        string[] outputs = [.. body.Output.Select(o => o.Name)];
        IReadOnlyDictionary<string, DoubleTensor> results = new DoubleEvaluator(body).Run(n.Scope, outputs);
        return [.. outputs.Select(o => results[o])];
    }
}
