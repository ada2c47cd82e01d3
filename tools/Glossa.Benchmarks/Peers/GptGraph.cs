using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Benchmarks.Peers;

/// <summary>Sizes of the decoder that training steps have been compared on from the start: learned positions, pre-LN, erf GELU, tied head.</summary>
internal sealed record GptSizes(int Layers, int Heads, int Width, int FeedForward, int Vocabulary, int Context)
{
    public const float Epsilon = 1e-5f;

    /// <summary>Names, shapes and start values, matrices stored [inputs, outputs].</summary>
    public Dictionary<string, TensorProto> Weights()
    {
        Dictionary<string, TensorProto> weights = [];
        SeededRandom random = new(11);
        Normal("wte.weight", 0.02, Vocabulary, Width);
        Normal("wpe.weight", 0.02, Context, Width);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"h.{layer}.";
            Norm(prefix + "ln_1");
            foreach (string which in (string[])["q", "k", "v", "o"]) Linear($"{prefix}attn.{which}", Width, Width);
            Norm(prefix + "ln_2");
            Linear(prefix + "mlp.fc", Width, FeedForward);
            Linear(prefix + "mlp.proj", FeedForward, Width);
        }
        Norm("ln_f");
        return weights;

        void Add(string name, float[] values, params long[] shape) => weights[name] = OnnxFactory.Tensor(name, shape, values);

        void Normal(string name, double scale, params long[] shape)
        {
            float[] values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (int i = 0; i < values.Length; i++) values[i] = (float)(random.NextNormal() * scale);
            Add(name, values, shape);
        }

        void Linear(string name, int inputs, int outputs)
        {
            Normal(name + ".weight", 0.02, inputs, outputs);
            Normal(name + ".bias", 0.01, outputs);
        }

        void Norm(string name)
        {
            Add(name + ".weight", [.. Enumerable.Repeat(1f, Width)], Width);
            Add(name + ".bias", new float[Width], Width);
        }
    }
}

/// <summary>
/// The decoder as a third party's exporter writes it: batch first, heads transposed, the scores divided and masked by Where, GELU spelled by Erf, the head a product with the
/// transposed embedding. What <see cref="Glossa.Models.Patterns.ForwardPatterns"/> meets in a file.
/// </summary>
internal sealed class GptGraph(GptSizes sizes, IReadOnlyDictionary<string, TensorProto> weights)
{
    private readonly GraphBuilder _g = new(new GraphProto { Name = "decoder" });
    private readonly Dictionary<string, Value> _made = [];
    private Value _later;

    /// <summary>Input <c>input_ids</c> and output logits, <c>[batch, sequence(, vocabulary)]</c>.</summary>
    public ModelProto Build()
    {
        Value ids = _g.Input("input_ids", DataType.Int64, "batch", "sequence");
        Value length = _g.Gather(_g.Shape(ids), _g.Constant(1L), 0, "length");
        Value positions = _g.Op("Range", [_g.Constant(0L), length, _g.Constant(1L)], "positions");
        _later = _g.Op("Greater", [_g.Unsqueeze(positions, [0], "keys"), _g.Unsqueeze(positions, [1], "queries")], "later");
        Value x = _g.Add(_g.Gather(Weight("wte.weight"), ids, 0, "words"), _g.Gather(Weight("wpe.weight"), positions, 0, "places"), "embedded");
        for (int layer = 0; layer < sizes.Layers; layer++) x = Block(x, $"h.{layer}.");
        Value logits = _g.MatMul(Norm(x, "ln_f"), _g.Transpose(Weight("wte.weight"), [1, 0], "head"), "logits");
        _g.Output(logits, DataType.Float, "batch", "sequence", sizes.Vocabulary);
        ModelProto model = new() { IrVersion = 8, ProducerName = "exporter", Graph = _g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return model;
    }

    private Value Block(Value x, string prefix)
    {
        using IDisposable scope = _g.Scope(prefix.TrimEnd('.'));
        x = _g.Add(x, Attention(Norm(x, prefix + "ln_1"), prefix + "attn."), "attention.residual");
        Value inner = Linear(Norm(x, prefix + "ln_2"), prefix + "mlp.fc");
        Value erf = _g.Op("Erf", [_g.Div(inner, _g.Constant(MathF.Sqrt(2)), "mlp.scaled")], "mlp.erf");
        Value gelu = _g.Mul(_g.Mul(inner, _g.Add(erf, _g.Constant(1f), "mlp.gate"), "mlp.gated"), _g.Constant(0.5f), "mlp.gelu");
        return _g.Add(x, Linear(gelu, prefix + "mlp.proj"), "mlp.residual");
    }

    private Value Attention(Value x, string prefix)
    {
        int size = sizes.Width / sizes.Heads;
        Value q = Heads("q", [0, 2, 1, 3]), k = Heads("k", [0, 2, 3, 1]), v = Heads("v", [0, 2, 1, 3]);
        Value scores = _g.Div(_g.MatMul(q, k, "products"), _g.Constant(MathF.Sqrt(size)), "scores");
        Value mixed = _g.MatMul(_g.Softmax(_g.Where(_later, _g.Constant(-1e30f), scores, "masked"), -1, "weights"), v, "mixed");
        return Linear(_g.Reshape(_g.Transpose(mixed, [0, 2, 1, 3], "heads"), [0, 0, sizes.Width], "joined"), prefix + "o");

        Value Heads(string which, long[] order) => _g.Transpose(_g.Reshape(Linear(x, prefix + which), [0, 0, sizes.Heads, size], which + ".split"), order, which + ".heads");
    }

    private Value Linear(Value x, string name) => _g.Add(Weight(name + ".bias"), _g.MatMul(x, Weight(name + ".weight"), "product"), "linear");

    private Value Norm(Value x, string name) => _g.Op("LayerNormalization", [x, Weight(name + ".weight"), Weight(name + ".bias")], "norm", "",
        OnnxFactory.Attribute("epsilon", GptSizes.Epsilon), OnnxFactory.Attribute("axis", -1L));

    private Value Weight(string name) => _made.TryGetValue(name, out Value made) ? made : _made[name] = _g.Initializer(weights[name].Clone());
}
