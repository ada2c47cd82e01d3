using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using Glossa.Models.Tests.Gradients;
using static Glossa.Models.Onnx.OnnxFactory;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Architectures;

/// <summary>The common parts of small transformers, in the operators that exporters write; every weight is a target of the check.</summary>
internal sealed class Blocks(RuleCase test)
{
    internal const int Batch = 2, Length = 4, Width = 4, HeadCount = 2, Size = 2, Words = 5;

    internal GraphBuilder G => test.G;

    internal RuleCase Test => test;

    /// <summary>A parameter.</summary>
    internal Value W(params int[] shape) => test.Real(shape, dynamic: false);

    internal Value Ids(int length = Length) => test.Indices([Batch, length], Words, false);

    internal Value Embedded(int width = Width) => G.Gather(W(Words, width), Ids());

    internal Value C(float value) => G.Constant(value);

    internal Value Reals(int[] shape, params double[] data) => test.G.Initializer(Tensor(test.G.Unique("table") + "_c", [.. shape.Select(d => (long)d)], Array.ConvertAll(data, d => (float)d)));

    internal Value Wholes(int[] shape, params long[] data) => test.G.Initializer(Tensor(test.G.Unique("indices") + "_c", [.. shape.Select(d => (long)d)], data));

    internal Value Linear(Value x, int inputs, int outputs, bool bias = true) => bias ? G.Add(W(outputs), G.MatMul(x, W(inputs, outputs))) : G.MatMul(x, W(inputs, outputs));

    /// <summary>[batch, sequence, heads * size] as [batch, heads, sequence, size].</summary>
    internal Value Split(Value x, int heads = HeadCount) => G.Transpose(G.Reshape(x, [0, 0, heads, -1]), [0, 2, 1, 3]);

    internal Value Merge(Value x) => G.Reshape(G.Transpose(x, [0, 2, 1, 3]), [0, 0, -1]);

    internal Value Mean(Value x, long axis = -1, bool keep = true) => G.Op("ReduceMean", [x], null, "", Attribute("axes", (long[])[axis]), Attribute("keepdims", keep ? 1 : 0));

    /// <summary>As PyTorch's exporter spells it: Pow, Sqrt, Div.</summary>
    internal Value LayerNorm(Value x, int width = Width)
    {
        Value centred = G.Sub(x, Mean(x));
        Value deviation = G.Sqrt(G.Add(Mean(G.Op("Pow", [centred, C(2)])), C(0.1f)));
        return G.Add(G.Mul(G.Div(centred, deviation), W(width)), W(width));
    }

    /// <summary>x * rsqrt(mean(x^2) + epsilon) * weight, the root as Pow(-0.5).</summary>
    internal Value RmsNorm(Value x, int width = Width, bool plusOne = false)
    {
        Value inverse = G.Op("Pow", [G.Add(Mean(G.Mul(x, x)), C(0.1f)), C(-0.5f)]), weight = W(width);
        return G.Mul(plusOne ? G.Add(C(1), weight) : weight, G.Mul(x, inverse));
    }

    internal Value Gelu(Value x) => G.Mul(G.Mul(x, G.Add(G.Op("Erf", [G.Div(x, C(1.4142135f))]), C(1))), C(0.5f));

    /// <summary>The form with tanh, as GPT-2 spells it.</summary>
    internal Value NewGelu(Value x)
    {
        Value inner = G.Mul(C(0.7978846f), G.Add(x, G.Mul(C(0.044715f), G.Op("Pow", [x, C(3)]))));
        return G.Mul(G.Mul(C(0.5f), x), G.Add(C(1), G.Op("Tanh", [inner])));
    }

    internal Value Silu(Value x) => G.Mul(x, G.Op("Sigmoid", [x]));

    /// <summary>Scaled products by head, plus a mask or bias, times the values.</summary>
    internal Value Attend(Value query, Value key, Value value, Value? added = null, Func<Value, Value>? change = null)
    {
        Value scores = G.Div(G.MatMul(query, G.Transpose(key, [0, 1, 3, 2])), C(1.4142135f));
        if (change is not null) scores = change(scores);
        if (added is { } mask) scores = G.Add(scores, mask);
        return G.MatMul(G.Softmax(scores), value);
    }

    internal Value SelfAttention(Value x, Value? added = null) =>
        Linear(Merge(Attend(Split(Linear(x, Width, Width)), Split(Linear(x, Width, Width)), Split(Linear(x, Width, Width)), added)), Width, Width);

    internal Value FeedForward(Value x, Func<Value, Value> activation, int width = 6) => Linear(activation(Linear(x, Width, width)), width, Width);

    /// <summary>0, 1, 2, ... along an axis of a value.</summary>
    internal Value Positions(Value like, long axis = 1) =>
        G.Op("Range", [G.Constant(0L), G.Squeeze(G.Gather(G.Shape(like), G.Ints(axis)), [0]), G.Constant(1L)]);

    /// <summary>[sequence, sequence]: key position minus query position.</summary>
    internal Value Distances(Value like) => G.Sub(G.Unsqueeze(Positions(like), [0]), G.Unsqueeze(Positions(like), [1]));

    /// <summary>0 where a key may be seen, the least float elsewhere.</summary>
    internal Value Causal(Value like) => G.Where(G.Op("Greater", [Distances(like), G.Constant(0L)]), C(float.MinValue), C(0));

    /// <summary>A padding mask of the batch, its first position open, as [batch, 1, 1, sequence].</summary>
    internal Value Padding(float hidden = -10000)
    {
        long[] data = [.. Enumerable.Range(0, Batch * Length).Select(i => i % Length == 0 ? 1L : test.Random.NextInt32(2))];
        Value mask = G.Cast(G.Unsqueeze(test.Feed("mask", DoubleTensor.Wholes([Batch, Length], data)), [1, 2]), DataType.Float);
        return G.Mul(G.Sub(C(1), mask), C(hidden));
    }

    /// <summary>cos and sin of position * frequency, [sequence, pairs], computed in the graph.</summary>
    internal (Value Cos, Value Sin) Rotary(Value like, int pairs)
    {
        Value angles = G.Mul(G.Unsqueeze(G.Cast(Positions(like), DataType.Float), [1]), Reals([1, pairs], [.. Enumerable.Range(0, pairs).Select(i => Math.Pow(0.3, i))]));
        return (G.Op("Cos", [angles]), G.Op("Sin", [angles]));
    }

    internal Value Slice(Value x, long start, long end, long axis, long step = 1) =>
        step == 1 ? G.Op("Slice", [x, G.Ints(start), G.Ints(end), G.Ints(axis)]) : G.Op("Slice", [x, G.Ints(start), G.Ints(end), G.Ints(axis), G.Ints(step)]);

    /// <summary>The second half against the first, as LLaMA and GPT-NeoX rotate; x [batch, heads, sequence, 2 * pairs].</summary>
    internal Value Rotated(Value x, Value cos, Value sin, int pairs)
    {
        Value turned = G.Concat([G.Neg(Slice(x, pairs, long.MaxValue, -1)), Slice(x, 0, pairs, -1)], -1);
        return G.Add(G.Mul(x, G.Concat([cos, cos], -1)), G.Mul(turned, G.Concat([sin, sin], -1)));
    }

    internal void Out(params Value[] outputs) => test.Outputs.AddRange(outputs.Select(o => o.Name));
}
