using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Quantization;
using static Glossa.Models.Onnx.OnnxFactory;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Optimization;

/// <summary>A graph over one input x [batch, sequence, width], its weights drawn, with the parts of transformers in the plain operators that exporters write.</summary>
internal sealed class DrawnGraph
{
    private readonly GraphSizes _sizes;
    private ulong _seed;

    public DrawnGraph(GraphSizes sizes, long opset)
    {
        (_sizes, _seed) = (sizes, sizes.Seed);
        Model = new ModelProto { IrVersion = 10, Graph = new GraphProto { Name = "drawn" }, OpsetImport = { new OperatorSetIdProto { Version = opset } } };
        G = new GraphBuilder(Model.Graph);
        X = G.Input("x", DataType.Float, "batch", "sequence", sizes.Width);
    }

    public ModelProto Model { get; }

    public GraphBuilder G { get; }

    public Value X { get; }

    public int Width => _sizes.Width;

    public Value W(params long[] shape) => G.Initializer(Tensor($"w.{++_seed}", shape, Runtime.Normal((int)shape.Aggregate(1L, (a, b) => a * b), _seed)));

    public Value C(float value) => G.Constant(value);

    public Value Linear(Value x, bool bias) => bias ? G.Add(G.MatMul(x, W(Width, Width)), W(Width)) : G.MatMul(x, W(Width, Width));

    public Value Mean(Value x) => G.Op("ReduceMean", [x, G.Ints(-1)], null, "", Attribute("keepdims", 1L));

    public Value LayerNorm(Value x)
    {
        Value centred = G.Sub(x, Mean(x));
        return G.Add(G.Mul(G.Div(centred, G.Sqrt(G.Add(Mean(G.Op("Pow", [centred, C(2)])), C(1e-5f)))), W(Width)), W(Width));
    }

    public Value RmsNorm(Value x) => G.Mul(W(Width), G.Mul(x, G.Op("Reciprocal", [G.Sqrt(G.Add(Mean(G.Op("Pow", [x, C(2)])), C(1e-5f)))])));

    public Value Gelu(Value x) => G.Mul(G.Mul(x, G.Add(G.Op("Erf", [G.Div(x, C(1.4142135f))]), C(1))), C(0.5f));

    public Value TanhGelu(Value x) =>
        G.Mul(G.Mul(C(0.5f), x), G.Add(C(1), G.Op("Tanh", [G.Mul(C(0.7978846f), G.Add(x, G.Mul(C(0.044715f), G.Op("Pow", [x, C(3)]))))])));

    public Value Silu(Value x) => G.Mul(x, G.Op("Sigmoid", [x]));

    public Value Heads(Value x) => G.Transpose(G.Reshape(x, [0, 0, _sizes.Heads, _sizes.Size]), [0, 2, 1, 3]);

    public Value Joined(Value x) => G.Reshape(G.Transpose(x, [0, 2, 1, 3]), [0, 0, Width]);

    /// <summary>Half against half, by angles of the position.</summary>
    public Value Rotated(Value x)
    {
        int pairs = _sizes.Size / 2;
        Value range = G.Op("Range", [G.Constant(0L), G.Squeeze(G.Gather(G.Shape(X), G.Ints(1)), [0]), G.Constant(1L)]);
        float[] frequencies = [.. Enumerable.Range(0, pairs).Select(i => MathF.Pow(0.3f, i))];
        Value angles = G.Mul(G.Unsqueeze(G.Cast(range, DataType.Float), [1]), G.Initializer(Tensor($"frequencies.{++_seed}", [1, pairs], frequencies)));
        Value cos = G.Op("Cos", [G.Concat([angles, angles], -1)]), sin = G.Op("Sin", [G.Concat([angles, angles], -1)]);
        Value Part(long start, long end) => G.Op("Slice", [x, G.Ints(start), G.Ints(end), G.Ints(3)]);
        return G.Add(G.Mul(x, cos), G.Mul(G.Concat([G.Neg(Part(pairs, long.MaxValue)), Part(0, pairs)], -1), sin));
    }

    /// <summary>Attention under a causal mask that is computed from the sequence's length.</summary>
    public Value Attention(bool rotary)
    {
        Value query = Heads(Linear(X, bias: true)), key = Heads(Linear(X, bias: false)), value = Heads(Linear(X, bias: true));
        if (rotary) (query, key) = (Rotated(query), Rotated(key));
        Value range = G.Op("Range", [G.Constant(0L), G.Squeeze(G.Gather(G.Shape(X), G.Ints(1)), [0]), G.Constant(1L)]);
        Value later = G.Op("Greater", [G.Unsqueeze(range, [0]), G.Unsqueeze(range, [1])]);
        Value scores = G.Div(G.MatMul(query, G.Transpose(key, [0, 1, 3, 2])), C(MathF.Sqrt(_sizes.Size)));
        return Joined(G.MatMul(G.Softmax(G.Add(scores, G.Where(later, C(float.MinValue), C(0)))), value));
    }

    public ModelProto Out(params Value[] outputs)
    {
        foreach (Value output in outputs) G.Output(output, DataType.Float, "batch", "sequence", Width);
        return Model;
    }

    /// <summary>The outputs of a model of these sizes, one after the other.</summary>
    public float[] Run(ModelProto model) =>
        [.. Model.Graph.Output.SelectMany(output => Runtime.Run(model, output.Name, ("x", Runtime.Of(Runtime.Normal(_sizes.Batch * _sizes.Length * Width, _sizes.Seed + 1000), _sizes.Batch, _sizes.Length, Width))))];
}

/// <summary>Sizes of a drawn graph.</summary>
internal sealed record GraphSizes(int Batch, int Length, int Heads, int Size, ulong Seed)
{
    public int Width => Heads * Size;
}
