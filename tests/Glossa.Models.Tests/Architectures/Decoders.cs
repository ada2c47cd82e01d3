using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Architectures.Blocks;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Architectures;

internal static class Decoders
{
    internal static void AddTo(Dictionary<string, Action<Blocks>> graphs)
    {
        graphs["GPT-2"] = b =>
        {
            GraphBuilder g = b.G;
            Value table = b.W(Words, Width), x = g.Add(g.Gather(table, b.Ids()), g.Gather(b.W(6, Width), g.Unsqueeze(b.Wholes([Length], 0, 1, 2, 3), [0])));
            Value flat = g.Op("Gemm", [g.Reshape(b.LayerNorm(x), [-1, Width]), b.W(Width, 3 * Width), b.W(3 * Width)]);
            Value[] parts = g.Ops("Split", [g.Reshape(flat, g.Concat([g.Op("Slice", [g.Shape(x), g.Ints(0), g.Ints(2)]), g.Ints(3 * Width)], 0)), g.Ints(Width, Width, Width)], ["q", "k", "v"], "", Attribute("axis", 2L));
            Value past = g.Constant(0L), shape = g.Shape(x), length = g.Gather(shape, g.Ints(1));
            // The stored triangle of booleans, cut to the length.
            Value triangle = g.Initializer(Raw("bias", DataType.Bool, [1, 1, 6, 6], [.. Enumerable.Range(0, 36).Select(i => (byte)(i % 6 <= i / 6 ? 1 : 0))]));
            Value seen = g.Op("Slice", [g.Op("Slice", [triangle, g.Ints(0), length, g.Ints(2)]), g.Ints(0), g.Add(length, past), g.Ints(3)]);
            Value mixed = b.Attend(b.Split(parts[0]), b.Split(parts[1]), b.Split(parts[2]), null, scores => g.Where(seen, scores, b.C(float.MinValue)));
            x = g.Add(x, b.Merge(mixed));
            x = g.Add(x, b.FeedForward(b.LayerNorm(x), b.NewGelu));
            b.Out(g.MatMul(x, g.Transpose(table, [1, 0])));
        };
        graphs["GPT-NeoX"] = b =>
        {
            GraphBuilder g = b.G;
            Value x = b.Embedded(8), attended = b.LayerNorm(x, 8);
            (Value cos, Value sin) = b.Rotary(x, 1);
            // One projection, its heads side by side: [batch, sequence, heads, 3 * size]; half of each head turns.
            Value qkv = g.Transpose(g.Reshape(b.Linear(attended, 8, 24), [0, 0, HeadCount, 12]), [0, 2, 1, 3]);
            Value Part(int i) => b.Slice(qkv, 4 * i, 4 * (i + 1), -1);
            Value Turned(Value t) => g.Concat([b.Rotated(b.Slice(t, 0, 2, -1), cos, sin, 1), b.Slice(t, 2, long.MaxValue, -1)], -1);
            Value attention = b.Linear(b.Merge(b.Attend(Turned(Part(0)), Turned(Part(1)), Part(2), b.Causal(x))), 8, 8);
            Value forward = b.Linear(b.Gelu(b.Linear(b.LayerNorm(x, 8), 8, 3)), 3, 8);
            b.Out(g.Add(x, g.Add(attention, forward)));
        };
        graphs["GPT-J"] = b =>
        {
            GraphBuilder g = b.G;
            Value x = b.Embedded();
            (Value cos, Value sin) = b.Rotary(x, 1);
            // Pairs of neighbours: every second element, negated, stacked, flattened; each angle twice.
            Value Twice(Value t) => g.Unsqueeze(g.Reshape(g.Op("Tile", [g.Unsqueeze(t, [-1]), g.Ints(1, 1, 2)]), [0, -1]), [0, 2]);
            Value Turned(Value t)
            {
                Value stacked = g.Concat([g.Unsqueeze(g.Neg(b.Slice(t, 1, long.MaxValue, -1, 2)), [-1]), g.Unsqueeze(b.Slice(t, 0, long.MaxValue, -1, 2), [-1])], -1);
                return g.Add(g.Mul(t, Twice(cos)), g.Mul(g.Reshape(stacked, [0, 0, 0, -1]), Twice(sin)));
            }
            Value Head(Value t) => g.Transpose(Turned(g.Reshape(t, [0, 0, HeadCount, Size])), [0, 2, 1, 3]);
            Value normalized = b.LayerNorm(x);
            Value attention = b.Merge(b.Attend(Head(b.Linear(normalized, Width, Width, false)), Head(b.Linear(normalized, Width, Width, false)), b.Split(b.Linear(normalized, Width, Width, false)), b.Causal(x)));
            b.Out(g.Add(g.Add(b.Linear(attention, Width, Width, false), b.FeedForward(normalized, b.NewGelu)), x));
        };
        graphs["BLOOM"] = b =>
        {
            GraphBuilder g = b.G;
            Value x = b.LayerNorm(b.Embedded());
            Value mask = b.Test.Feed("mask", DoubleTensor.Wholes([Batch, Length], 1, 1, 1, 1, 1, 1, 1, 0)), places = g.Mul(g.Sub(g.Op("CumSum", [mask, g.Constant(-1L)]), g.Constant(1L)), mask);
            Value alibi = g.Mul(b.Reals([1, HeadCount, 1, 1], 0.5, 0.25), g.Unsqueeze(g.Cast(places, DataType.Float), [1, 2]));
            Value fused = g.Reshape(b.Linear(x, Width, 3 * Width), [0, 0, HeadCount, 3, Size]);
            Value Part(long i) => g.Transpose(g.Gather(fused, g.Constant(i), 3), [0, 2, 1, 3]);
            Value hidden = g.Op("Or", [g.Op("Greater", [b.Distances(x), g.Constant(0L)]), g.Op("Equal", [g.Unsqueeze(mask, [1, 2]), g.Constant(0L)])]);
            Value mixed = b.Attend(Part(0), Part(1), Part(2), alibi, scores => g.Where(hidden, b.C(float.MinValue), scores));
            x = g.Add(x, b.Linear(b.Merge(mixed), Width, Width));
            b.Out(b.FeedForward(b.LayerNorm(x), b.NewGelu));
        };
        graphs["MPT"] = b =>
        {
            GraphBuilder g = b.G;
            Value x = b.Embedded(), qkv = g.Op("Clip", [b.Linear(x, Width, 3 * Width, false), b.C(-1.5f), b.C(1.5f)]);
            Value[] parts = g.Ops("Split", [qkv, g.Ints(Width, Width, Width)], ["q", "k", "v"], "", Attribute("axis", 2L));
            Value alibi = g.Mul(g.Neg(g.Op("Abs", [g.Cast(g.Unsqueeze(b.Distances(x), [0, 1]), DataType.Float)])), b.Reals([1, HeadCount, 1, 1], 0.5, 0.25));
            b.Out(b.Merge(b.Attend(b.Split(parts[0]), b.Split(parts[1]), b.Split(parts[2]), g.Add(alibi, b.Causal(x)))));
        };
        graphs["Gemma 2"] = Gemma;
        graphs["Phi"] = b =>
        {
            GraphBuilder g = b.G;
            Value x = b.Embedded(8), normalized = b.LayerNorm(x, 8);
            (Value cos, Value sin) = b.Rotary(x, 1);
            Value Turned(Value t) => g.Concat([b.Rotated(b.Slice(t, 0, 2, 3), cos, sin, 1), b.Slice(t, 2, 4, 3)], 3);
            Value attention = b.Merge(b.Attend(Turned(b.Split(b.Linear(normalized, 8, 8))), Turned(b.Split(b.Linear(normalized, 8, 8))), b.Split(b.Linear(normalized, 8, 8)), b.Causal(x)));
            b.Out(g.Add(g.Add(attention, b.Linear(b.NewGelu(b.Linear(normalized, 8, 3)), 3, 8)), x));
        };
        graphs["LLaMA"] = b =>
        {
            GraphBuilder g = b.G;
            Value x = b.Embedded(), normalized = b.RmsNorm(x);
            (Value cos, Value sin) = b.Rotary(x, 1);
            // One key head for both query heads, repeated by Expand.
            Value Repeated(Value t) => g.Reshape(g.Op("Expand", [g.Unsqueeze(t, [2]), g.Concat([g.Gather(g.Shape(t), g.Ints(0, 1)), g.Ints(HeadCount), g.Gather(g.Shape(t), g.Ints(2, 3))], 0)]), [0, HeadCount, -1, Size]);
            Value query = b.Rotated(b.Split(b.Linear(normalized, Width, Width, false)), cos, sin, 1), key = b.Rotated(b.Split(b.Linear(normalized, Width, Size, false), 1), cos, sin, 1);
            x = g.Add(x, b.Merge(b.Attend(query, Repeated(key), Repeated(b.Split(b.Linear(normalized, Width, Size, false), 1)), b.Causal(x))));
            Value inner = b.RmsNorm(x);
            b.Out(g.Add(x, b.Linear(g.Mul(b.Silu(b.Linear(inner, Width, 3, false)), b.Linear(inner, Width, 3, false)), 3, Width, false)));
        };
        graphs["Falcon"] = b =>
        {
            GraphBuilder g = b.G;
            Value x = b.Embedded(), fused = g.Reshape(b.Linear(b.LayerNorm(x), Width, Width + (2 * Size), false), [0, 0, HeadCount + 2, Size]);
            Value Part(long start, long end) => g.Transpose(b.Slice(fused, start, end, 2), [0, 2, 1, 3]);
            b.Out(b.Merge(b.Attend(Part(0, -2), Part(-2, -1), Part(-1, long.MaxValue), b.Causal(x))));
        };
        graphs["OPT"] = b =>
        {
            GraphBuilder g = b.G;
            Value mask = b.Test.Feed("mask", DoubleTensor.Wholes([Batch, Length], 1, 1, 1, 1, 0, 1, 1, 1));
            Value places = g.Add(g.Sub(g.Mul(g.Op("CumSum", [mask, g.Constant(1L)]), mask), g.Constant(1L)), g.Constant(2L));
            Value x = g.Add(b.Embedded(), g.Gather(b.W(7, Width), places)), floor = b.C(float.MinValue);
            Value hidden = g.Add(b.Causal(x), g.Mul(g.Unsqueeze(g.Cast(g.Sub(g.Constant(1L), mask), DataType.Float), [1, 2]), b.C(float.MinValue / 4)));
            Value scores = g.MatMul(b.Split(g.Mul(b.Linear(x, Width, Width), b.C(0.7f))), g.Transpose(b.Split(b.Linear(x, Width, Width)), [0, 1, 3, 2]));
            Value weights = g.Softmax(g.Op("Max", [g.Add(scores, g.Mul(hidden, b.C(0.5f))), floor]));
            x = g.Add(x, b.Merge(g.MatMul(weights, b.Split(b.Linear(x, Width, Width)))));
            b.Out(b.FeedForward(x, t => g.Relu(t)));
        };
        graphs["Mixtral"] = Experts;
        graphs["OLMoE"] = SparseExperts;
    }

    private static void Gemma(Blocks b)
    {
        GraphBuilder g = b.G;
        Value table = b.W(Words, Width), x = g.Mul(g.Gather(table, b.Ids()), b.C(2)), normalized = b.RmsNorm(x, plusOne: true);
        (Value cos, Value sin) = b.Rotary(x, 1);
        Value distance = b.Distances(x);
        Value hidden = g.Op("Or", [g.Op("Greater", [distance, g.Constant(0L)]), g.Op("LessOrEqual", [distance, g.Constant(-2L)])]);
        Value mask = g.Where(hidden, b.C(float.MinValue), b.C(0));
        Value mixed = b.Attend(
            b.Rotated(b.Split(b.Linear(normalized, Width, Width, false)), cos, sin, 1), b.Rotated(b.Split(b.Linear(normalized, Width, Width, false)), cos, sin, 1),
            b.Split(b.Linear(normalized, Width, Width, false)), mask, scores => g.Mul(g.Op("Tanh", [g.Div(scores, b.C(5))]), b.C(5)));
        x = g.Add(x, b.RmsNorm(b.Linear(b.Merge(mixed), Width, Width, false), plusOne: true));
        Value inner = b.RmsNorm(x, plusOne: true);
        x = g.Add(x, b.Linear(g.Mul(b.NewGelu(b.Linear(inner, Width, 3, false)), b.Linear(inner, Width, 3, false)), 3, Width, false));
        Value logits = g.MatMul(x, g.Transpose(table, [1, 0]));
        b.Out(g.Mul(g.Op("Tanh", [g.Div(logits, b.C(8))]), b.C(8)));
    }

    /// <summary>Weights of the two best of three experts, written back by ScatterElements; every expert computes everything.</summary>
    private static void Experts(Blocks b)
    {
        GraphBuilder g = b.G;
        Value x = b.Embedded(), probabilities = g.Softmax(b.Linear(x, Width, 3, false));
        Value[] best = g.Ops("TopK", [probabilities, g.Ints(2)], ["weights", "experts"], "", Attribute("axis", -1L), Attribute("largest", 1L), Attribute("sorted", 1L));
        Value weights = g.Div(best[0], g.ReduceSum(best[0], [-1], true));
        Value all = g.Op("ScatterElements", [g.Op("ConstantOfShape", [g.Shape(probabilities)]), best[1], weights], null, "", Attribute("axis", -1L));
        Value sum = x;
        for (int expert = 0; expert < 3; expert++)
        {
            Value output = b.Linear(b.Silu(b.Linear(x, Width, 3, false)), 3, Width, false);
            sum = g.Add(sum, g.Mul(output, b.Slice(all, expert, expert + 1, -1)));
        }
        b.Out(sum);
    }

    /// <summary>Each expert computes the rows that chose it: one-hot, NonZero, index_select and index_add.</summary>
    private static void SparseExperts(Blocks b)
    {
        GraphBuilder g = b.G;
        Value x = b.Embedded(), flat = g.Reshape(x, [-1, Width]), probabilities = g.Softmax(b.Linear(flat, Width, 3, false));
        Value[] best = g.Ops("TopK", [probabilities, g.Ints(2)], ["weights", "experts"], "", Attribute("axis", 1L));
        Value choice = g.Transpose(g.Op("OneHot", [best[1], g.Constant(3L), b.Wholes([2], 0, 1)], null, "", Attribute("axis", -1L)), [2, 1, 0]);
        Value sum = g.Op("ConstantOfShape", [g.Shape(flat)]);
        for (long expert = 0; expert < 3; expert++)
        {
            Value places = g.Op("NonZero", [g.Cast(g.Gather(choice, g.Constant(expert)), DataType.Bool)]);
            Value rank = g.Gather(places, g.Constant(0L)), row = g.Gather(places, g.Constant(1L));
            Value weight = g.Op("GatherND", [best[0], g.Transpose(g.Concat([g.Unsqueeze(row, [0]), g.Unsqueeze(rank, [0])], 0), [1, 0])]);
            Value output = g.Mul(b.Linear(b.Silu(b.Linear(g.Gather(flat, row), Width, 3, false)), 3, Width, false), g.Unsqueeze(weight, [1]));
            sum = g.Op("ScatterND", [sum, g.Unsqueeze(row, [1]), output], null, "", Attribute("reduction", "add"));
        }
        b.Out(g.Add(g.Reshape(sum, g.Shape(x)), x));
    }
}
