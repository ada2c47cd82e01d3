using Glossa.Models.Building;
using Glossa.Models.Tests.Evaluation;
using Glossa.Models.Tests.Gradients;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Architectures.Blocks;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Architectures;

internal static class Encoders
{
    internal static void AddTo(Dictionary<string, Action<Blocks>> graphs)
    {
        graphs["BERT"] = b =>
        {
            Value x = b.LayerNorm(b.G.Add(b.Embedded(), b.G.Gather(b.W(6, Width), b.Wholes([1, Length], 0, 1, 2, 3))));
            x = b.LayerNorm(b.G.Add(b.SelfAttention(x, b.Padding(float.MinValue)), x));
            x = b.LayerNorm(b.G.Add(b.FeedForward(x, b.Gelu), x));
            b.Out(b.G.Op("Tanh", [b.G.Op("Gemm", [b.G.Gather(x, b.G.Constant(0L), 1), b.W(3, Width), b.W(3)], null, "", Attribute("transB", 1L))]));
        };
        graphs["BERT of tf2onnx"] = Tensorflow;
        graphs["ALBERT"] = b =>
        {
            // One layer's weights used twice, narrow embeddings behind a projection.
            Value x = b.Linear(b.Embedded(2), 2, Width);
            Value[] weights = [b.W(Width, 3 * Width), b.W(Width, Width), b.W(Width)];
            for (int layer = 0; layer < 2; layer++)
            {
                Value[] parts = b.G.Ops("Split", [b.G.MatMul(x, weights[0]), b.G.Ints(Width, Width, Width)], ["q", "k", "v"], "", Attribute("axis", 2L));
                Value mixed = b.Merge(b.Attend(b.Split(parts[0]), b.Split(parts[1]), b.Split(parts[2])));
                x = b.G.Mul(b.G.Add(b.G.MatMul(mixed, weights[1]), x), weights[2]);
            }
            b.Out(x);
        };
        graphs["DeBERTa"] = Disentangled;
        graphs["MPNet"] = b =>
        {
            Value x = b.Embedded(), distance = b.Distances(x), back = b.G.Op("Abs", [distance]);
            Value far = b.G.Cast(b.G.Add(b.C(2), b.G.Mul(b.G.Op("Log", [b.G.Div(b.G.Op("Max", [b.G.Cast(back, DataType.Float), b.C(1)]), b.C(2))]), b.C(1.3f))), DataType.Int64);
            Value bucket = b.G.Where(b.G.Op("Less", [back, b.G.Constant(2L)]), back, b.G.Op("Min", [far, b.G.Constant(3L)]));
            bucket = b.G.Add(bucket, b.G.Mul(b.G.Cast(b.G.Op("Less", [distance, b.G.Constant(0L)]), DataType.Int64), b.G.Constant(4L)));
            Value bias = b.G.Unsqueeze(b.G.Transpose(b.G.Gather(b.W(8, HeadCount), bucket), [2, 0, 1]), [0]);
            b.Out(b.G.Add(b.SelfAttention(x, bias), x));
        };
        graphs["XLNet"] = RelativeShift;
        graphs["Longformer"] = Windows;
        graphs["FNet"] = b =>
        {
            Value Cosines(int n) => b.Reals([n, n], [.. Enumerable.Range(0, n * n).Select(i => Math.Cos(2 * Math.PI * (i / n) * (i % n) / n))]);
            Value Sines(int n) => b.Reals([n, n], [.. Enumerable.Range(0, n * n).Select(i => Math.Sin(2 * Math.PI * (i / n) * (i % n) / n))]);
            Value x = b.Embedded();
            Value mixed = b.G.Sub(b.G.MatMul(Cosines(Length), b.G.MatMul(x, Cosines(Width))), b.G.MatMul(Sines(Length), b.G.MatMul(x, Sines(Width))));
            x = b.LayerNorm(b.G.Add(x, mixed));
            b.Out(b.FeedForward(x, b.Gelu));
        };
        graphs["Funnel"] = b =>
        {
            Value x = b.Embedded(), pooled = b.Mean(b.G.Reshape(x, [0, -1, 2, Width]), 2, false);
            Value mixed = b.Merge(b.Attend(b.Split(b.Linear(pooled, Width, Width)), b.Split(b.Linear(x, Width, Width)), b.Split(b.Linear(x, Width, Width))));
            Value upsampled = b.G.Reshape(b.G.Op("Tile", [b.G.Unsqueeze(mixed, [2]), b.G.Ints(1, 1, 2, 1)]), [0, -1, Width]);
            b.Out(b.LayerNorm(b.G.Add(upsampled, x)));
        };
        graphs["Linformer"] = b =>
        {
            Value x = b.Embedded(), shrink = b.W(Length, 2);
            Value Short() => b.G.Op("Einsum", [b.Split(b.Linear(x, Width, Width)), shrink], null, "", Attribute("equation", "bnsd,sk->bnkd"));
            b.Out(b.Merge(b.Attend(b.Split(b.Linear(x, Width, Width)), Short(), Short())));
        };
        graphs["Nystromformer"] = b =>
        {
            Value x = b.Embedded(), q = b.Split(b.Linear(x, Width, Width)), k = b.Split(b.Linear(x, Width, Width)), v = b.Split(b.Linear(x, Width, Width));
            Value Landmarks(Value t) => b.Mean(b.G.Reshape(t, [0, 0, 2, -1, Size]), -2, false);
            Value Kernel(Value l, Value r) => b.G.Softmax(b.G.Op("Einsum", [l, r], null, "", Attribute("equation", "...id,...jd->...ij")));
            Value middle = Kernel(Landmarks(q), Landmarks(k)), identity = b.Reals([2, 2], 1, 0, 0, 1);
            // One Newton step of the pseudo-inverse.
            Value inverse = b.G.Transpose(middle, [0, 1, 3, 2]);
            inverse = b.G.MatMul(inverse, b.G.Sub(b.G.Mul(b.C(2), identity), b.G.MatMul(middle, inverse)));
            b.Out(b.Merge(b.G.MatMul(b.G.MatMul(Kernel(q, Landmarks(k)), inverse), b.G.MatMul(Kernel(Landmarks(q), k), v))));
        };
        graphs["ModernBERT"] = b =>
        {
            Value x = b.G.Op("LayerNormalization", [b.Embedded(), b.W(Width)], null, "", Attribute("axis", -1L), Attribute("epsilon", 0.1f));
            Value[] qkv = b.G.Ops("Split", [b.G.Reshape(b.Linear(x, Width, 3 * Width, false), [0, 0, 3, HeadCount, Size]), b.G.Ints(1, 1, 1)], ["q", "k", "v"], "", Attribute("axis", 2L));
            (Value cos, Value sin) = b.Rotary(x, 1);
            Value Head(Value t) => b.G.Transpose(b.G.Squeeze(t, [2]), [0, 2, 1, 3]);
            Value local = b.G.Where(b.G.Op("LessOrEqual", [b.G.Op("Abs", [b.Distances(x)]), b.G.Constant(1L)]), b.C(0), b.C(float.MinValue));
            x = b.G.Add(x, b.Merge(b.Attend(b.Rotated(Head(qkv[0]), cos, sin, 1), b.Rotated(Head(qkv[1]), cos, sin, 1), Head(qkv[2]), local)));
            Value[] gate = b.G.Ops("Split", [b.Linear(x, Width, 6, false), b.G.Ints(3, 3)], ["input", "gate"], "", Attribute("axis", -1L));
            b.Out(b.Linear(b.G.Mul(b.Gelu(gate[0]), gate[1]), 3, Width, false));
        };
        graphs["ConvBERT"] = SpanConvolution;
        graphs["sentence embedding"] = b =>
        {
            // Mean of the open positions, normalized, as sentence-transformers pools.
            Value x = b.SelfAttention(b.Embedded());
            Value mask = b.G.Op("Expand", [b.G.Cast(b.G.Unsqueeze(b.Test.Feed("mask", DoubleTensor.Wholes([Batch, Length], 1, 1, 0, 0, 1, 1, 1, 0)), [-1]), DataType.Float), b.G.Shape(x)]);
            Value sum = b.G.ReduceSum(b.G.Mul(x, mask), [1], false), count = b.G.Op("Clip", [b.G.ReduceSum(mask, [1], false), b.C(1e-9f)]);
            Value pooled = b.G.Div(sum, count);
            Value norm = b.G.Op("ReduceL2", [pooled], null, "", Attribute("axes", (long[])[1]), Attribute("keepdims", 1L));
            b.Out(b.G.Div(pooled, b.G.Op("Expand", [b.G.Op("Clip", [norm, b.C(1e-12f)]), b.G.Shape(pooled)])));
        };
    }

    private static void Tensorflow(Blocks b)
    {
        GraphBuilder g = b.G;
        Value x = TensorflowNorm(b, b.Embedded());
        Value Project() => g.Add(g.Op("Einsum", [x, b.W(Width, HeadCount, Size)], null, "", Attribute("equation", "abc,cde->abde")), g.Reshape(b.W(Width), [HeadCount, Size]));
        Value query = g.Mul(Project(), b.C(0.70710678f)), key = Project(), value = Project();
        Value scores = g.Add(g.Op("Einsum", [key, query], null, "", Attribute("equation", "aecd,abcd->acbe")), b.Padding());
        Value shifted = g.Op("Exp", [g.Sub(scores, g.Op("ReduceMax", [scores], null, "", Attribute("axes", (long[])[-1]), Attribute("keepdims", 1L)))]);
        Value weights = g.Div(shifted, g.ReduceSum(shifted, [-1], true));
        Value mixed = g.Op("Einsum", [weights, value], null, "", Attribute("equation", "acbe,aecd->abcd"));
        Value output = g.Add(g.Op("Einsum", [mixed, b.W(HeadCount, Size, Width)], null, "", Attribute("equation", "abcd,cde->abe")), b.W(Width));
        x = TensorflowNorm(b, g.Add(output, x));
        Value flat = g.Reshape(x, [-1, Width]), inner = g.Add(g.MatMul(flat, b.W(Width, 6)), g.Reshape(b.W(6), [1, 6]));
        b.Out(g.Reshape(g.MatMul(g.Mul(g.Mul(b.C(0.5f), inner), g.Add(g.Op("Erf", [g.Mul(inner, b.C(0.70710678f))]), b.C(1))), b.W(6, Width)), g.Shape(x)));
    }

    /// <summary>x (inverse gain) + (bias - mean inverse gain), the variance of squared differences, the root's reciprocal.</summary>
    private static Value TensorflowNorm(Blocks b, Value x)
    {
        GraphBuilder g = b.G;
        Value mean = b.Mean(x), difference = g.Sub(x, mean), variance = b.Mean(g.Mul(difference, difference));
        Value scale = g.Mul(g.Op("Reciprocal", [g.Sqrt(g.Add(variance, b.C(0.1f)))]), b.W(Width));
        return g.Add(g.Mul(x, scale), g.Sub(b.W(Width), g.Mul(mean, scale)));
    }

    private static void Disentangled(Blocks b)
    {
        GraphBuilder g = b.G;
        Value x = b.Embedded(), table = b.W(4, Width), wq = b.W(Width, Width), wk = b.W(Width, Width);
        Value q = b.Split(g.MatMul(x, wq)), k = b.Split(g.MatMul(x, wk)), v = b.Split(b.Linear(x, Width, Width));
        Value Positional(Value weight) => g.Transpose(g.Reshape(g.MatMul(table, weight), [1, -1, HeadCount, Size]), [0, 2, 1, 3]);
        Value Index(Value distance) => g.Op("Clip", [g.Add(distance, g.Constant(2L)), g.Constant(0L), g.Constant(3L)]);
        Value shape = g.Concat([g.Ints(1, 1), g.Shape(b.Distances(x))], 0);
        Value Expanded(Value index) => g.Op("Expand", [index, g.Concat([g.Slice(q), g.Op("Slice", [shape, g.Ints(2), g.Ints(4)])], 0)]);
        Value c2p = g.Op("GatherElements", [g.MatMul(q, g.Transpose(Positional(wk), [0, 1, 3, 2])), Expanded(Index(g.Neg(b.Distances(x))))], null, "", Attribute("axis", -1L));
        Value p2c = g.Transpose(g.Op("GatherElements", [g.MatMul(k, g.Transpose(Positional(wq), [0, 1, 3, 2])), Expanded(Index(b.Distances(x)))], null, "", Attribute("axis", -1L)), [0, 1, 3, 2]);
        Value scores = g.Add(g.Add(g.Div(g.MatMul(q, g.Transpose(k, [0, 1, 3, 2])), b.C(2.4f)), g.Div(c2p, b.C(2.4f))), g.Div(p2c, b.C(2.4f)));
        // Softmax of what is not masked, and nothing in rows that are masked as a whole.
        Value open = b.Test.Feed("open", DoubleTensor.Flags([Batch, 1, Length, Length], [.. Enumerable.Range(0, Batch * Length * Length).Select(i => i / Length != 3 && (i % Length == 0 || b.Test.Random.NextInt32(2) == 0))]));
        Value weights = g.Softmax(g.Where(open, scores, b.C(float.NegativeInfinity)));
        b.Out(b.Merge(g.MatMul(g.Where(open, weights, b.C(0)), v)));
    }

    private static Value Slice(this GraphBuilder g, Value heads) => g.Op("Slice", [g.Shape(heads), g.Ints(0), g.Ints(2)]);

    private static void RelativeShift(Blocks b)
    {
        GraphBuilder g = b.G;
        Value x = b.Embedded(), q = b.Split(b.Linear(x, Width, Width, false)), k = b.Split(b.Linear(x, Width, Width, false)), v = b.Split(b.Linear(x, Width, Width, false));
        Value relative = g.Transpose(g.Reshape(b.Linear(b.Reals([2 * Length, Width], [.. Enumerable.Range(0, 2 * Length * Width).Select(i => Math.Sin(0.7 * i))]), Width, Width, false), [1, 2 * Length, HeadCount, Size]), [0, 2, 1, 3]);
        Value content = g.MatMul(g.Add(q, b.W(HeadCount, 1, Size)), g.Transpose(k, [0, 1, 3, 2]));
        Value positions = g.MatMul(g.Add(q, b.W(HeadCount, 1, Size)), g.Transpose(relative, [0, 1, 3, 2]));
        // [B, N, S, R] as [B, N, R, S], the first row dropped, back again: each row shifted by one more.
        Value shape = g.Shape(positions), batch = g.Op("Slice", [shape, g.Ints(0), g.Ints(2)]), rows = g.Gather(shape, g.Ints(2)), columns = g.Gather(shape, g.Ints(3));
        Value shifted = b.Slice(g.Reshape(positions, g.Concat([batch, columns, rows], 0)), 1, long.MaxValue, 2);
        shifted = g.Reshape(shifted, g.Concat([batch, rows, g.Sub(columns, g.Ints(1))], 0));
        shifted = g.Op("Slice", [shifted, g.Ints(0), g.Gather(g.Shape(content), g.Ints(3)), g.Ints(3)]);
        b.Out(b.Merge(g.MatMul(g.Softmax(g.Mul(g.Add(content, shifted), b.C(0.7f))), v)));
    }

    private static void Windows(Blocks b)
    {
        GraphBuilder g = b.G;
        Value x = b.Embedded();
        Value Blocked(Value t) => g.Reshape(t, [0, -1, 2, Width]);
        Value q = Blocked(b.Linear(x, Width, Width)), k = Blocked(b.Linear(x, Width, Width)), v = Blocked(b.Linear(x, Width, Width));
        // Each block sees the one before it, itself and the one behind it.
        Value Neighbours(Value t)
        {
            Value padded = g.Op("Pad", [t, g.Ints(0, 1, 0, 0, 0, 1, 0, 0)]);
            return g.Concat([b.Slice(padded, 0, -2, 1), b.Slice(padded, 1, -1, 1), b.Slice(padded, 2, long.MaxValue, 1)], 2);
        }
        Value scores = g.Op("Einsum", [q, Neighbours(k)], null, "", Attribute("equation", "bcxd,bcyd->bcxy"));
        Value mixed = g.Op("Einsum", [g.Softmax(scores), Neighbours(v)], null, "", Attribute("equation", "bcxy,bcyd->bcxd"));
        b.Out(g.Reshape(mixed, g.Shape(x)));
    }

    private static void SpanConvolution(Blocks b)
    {
        GraphBuilder g = b.G;
        Value x = b.Embedded(), turned = g.Transpose(x, [0, 2, 1]);
        Value depthwise = g.Op("Conv", [turned, b.W(Width, 1, 3)], null, "", Attribute("group", (long)Width), Attribute("pads", (long[])[1, 1]), Attribute("kernel_shape", (long[])[3]));
        Value keys = g.Transpose(g.Add(g.Op("Conv", [depthwise, b.W(Width, Width, 1)]), b.W(Width, 1)), [0, 2, 1]);
        Value kernel = g.Softmax(g.Reshape(b.Linear(g.Mul(keys, b.Linear(x, Width, Width)), Width, HeadCount * 3), [-1, 3, 1]), 1);
        // Windows of three positions around each, gathered from the padded sequence.
        Value padded = g.Op("Pad", [g.Transpose(b.Linear(x, Width, Width), [0, 2, 1]), g.Ints(0, 0, 1, 0, 0, 1)]);
        Value windows = g.Gather(padded, g.Add(g.Unsqueeze(b.Positions(x), [1]), b.Wholes([1, 3], 0, 1, 2)), 2);
        Value parted = g.Reshape(g.Transpose(windows, [0, 2, 1, 3]), [-1, Size, 3]);
        b.Out(g.Reshape(g.MatMul(parted, kernel), g.Shape(x)));
    }
}
