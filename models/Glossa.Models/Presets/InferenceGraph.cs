using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Presets;

/// <summary>
/// The form that is stored and shipped: standard <c>ai.onnx</c> operators, batch first. A causal model takes
/// <c>input_ids [batch, sequence]</c>, <c>attention_mask [batch, past + sequence]</c>, <c>position_ids [batch, sequence]</c> and
/// <c>past_key_values.N.key/value [batch, kv heads, past, head size]</c>, and gives <c>logits [batch, sequence, vocabulary]</c> and
/// <c>present.N.key/value</c>; a masked model takes ids and mask alone.
/// </summary>
public sealed class InferenceGraph : TransformerGraph
{
    /// <summary>Added to the score of a key that may not be seen: far below any score, far above minus infinity.</summary>
    private const float Hidden = -1e30f;

    private readonly Dictionary<int, Value> _ones = [];
    private Value _bias, _cos, _sin, _positions;

    private InferenceGraph(TransformerOptions options, IReadOnlyDictionary<string, float[]> parameters)
        : base(options, parameters)
    {
    }

    /// <summary>Emits the model with the given parameter values (by initializer name).</summary>
    public static ModelProto Build(TransformerOptions options, IReadOnlyDictionary<string, float[]> parameters) =>
        new InferenceGraph(options, parameters).BuildModel();

    private bool Causal => Options.Task == TransformerTask.CausalLm;

    /// <inheritdoc/>
    protected override Value Inputs()
    {
        Value ids = G.Input("input_ids", DataType.Int64, "batch", "sequence");
        Value mask = G.Input("attention_mask", DataType.Int64, "batch", Causal ? "total" : "sequence");
        if (Causal)
        {
            _positions = G.Input("position_ids", DataType.Int64, "batch", "sequence");
            for (int i = 0; i < Options.Layers; i++)
            {
                G.Input($"past_key_values.{i}.key", DataType.Float, "batch", Options.KeyValueHeads, "past", Options.HeadSize);
                G.Input($"past_key_values.{i}.value", DataType.Float, "batch", Options.KeyValueHeads, "past", Options.HeadSize);
            }
        }
        else
        {
            using IDisposable scope = G.Scope("positions");
            _positions = G.Unsqueeze(Range(G.Constant(0L), Length(ids, 1)), [0], "ids");
        }
        if (Options.Positions == PositionKind.Rotary) Rotary(_positions);
        Mask(ids, mask);
        return ids;
    }

    private void Rotary(Value positions)
    {
        using IDisposable scope = G.Scope("rotary");
        (float[] cos, float[] sin) = RotaryTables.Of(Options);
        long[] shape = [Options.Context, Options.HeadSize / 2];
        Value Rows(string name, float[] table) => G.Unsqueeze(
            G.Gather(G.Initializer(OnnxFactory.Tensor("rotary." + name + ".table", shape, table)), positions, 0, name + ".rows"), [1], name);
        _cos = Rows("cos", cos);
        _sin = Rows("sin", sin);
    }

    /// <inheritdoc/>
    protected override Value PositionRows() => G.Gather(Parameter(TransformerParameters.Positions), _positions, 0, "positions");

    private void Mask(Value ids, Value mask)
    {
        using IDisposable scope = G.Scope("mask");
        Value seen = G.Unsqueeze(G.Cast(mask, DataType.Bool, "given"), [1, 2], "given_keys");
        if (Causal)
        {
            Value total = Length(mask, 1);
            Value keys = G.Unsqueeze(Range(G.Constant(0L), total), [0], "keys");
            Value queries = G.Unsqueeze(Range(G.Sub(total, Length(ids, 1), "past"), total), [1], "queries");
            seen = G.Op("And", [seen, G.Op("LessOrEqual", [keys, queries], "not_later")], "seen");
        }
        _bias = G.Where(seen, G.Constant(0f), G.Constant(Hidden), "bias");
    }

    private Value Length(Value x, long axis) => G.Gather(G.Shape(x), G.Constant(axis), 0, "length");

    private Value Range(Value from, Value to) => G.Op("Range", [from, to, G.Constant(1L)], "range");

    /// <inheritdoc/>
    protected override Value Attention(Value x, int layer)
    {
        string prefix = TransformerParameters.LayerPrefix(layer) + "self_attn.";
        using IDisposable scope = G.Scope("attention");
        Value q_BHTd = Placed(Project(x, prefix, "q", Options.Heads), prefix, "q");
        Value k_BHTd = Placed(Project(x, prefix, "k", Options.KeyValueHeads), prefix, "k");
        Value v_BHTd = Project(x, prefix, "v", Options.KeyValueHeads);
        if (Causal)
        {
            k_BHTd = Cached(k_BHTd, $"{layer}.key");
            v_BHTd = Cached(v_BHTd, $"{layer}.value");
        }
        k_BHTd = Repeated(k_BHTd, "k");
        v_BHTd = Repeated(v_BHTd, "v");
        Value scores = G.Mul(G.MatMul(q_BHTd, G.Transpose(k_BHTd, [0, 1, 3, 2], "k.t"), "products"), G.Constant(Options.AttentionScale), "scores");
        Value weights = G.Softmax(G.Add(scores, _bias, "masked"), -1, "weights");
        Value o_BTHd = G.Transpose(G.MatMul(weights, v_BHTd, "mixed"), [0, 2, 1, 3], "heads");
        Value o_BTD = G.Reshape(o_BTHd, [0, 0, Options.Heads * Options.HeadSize], "joined");
        return Linear(o_BTD, prefix + "o_proj", "o");
    }

    private Value Project(Value x, string prefix, string which, int heads) => G.Transpose(
        G.Reshape(Linear(x, $"{prefix}{which}_proj", which), [0, 0, heads, Options.HeadSize], which + ".split"), [0, 2, 1, 3], which + ".heads");

    // What only queries and keys go through: the norm per head and the rotation.
    private Value Placed(Value split, string prefix, string which)
    {
        // nanochat rotates first and normalises then; a rotation keeps the norm, so a norm without gain may come on either side.
        bool gainFirst = Options.NormGain;
        if (Options.QueryKeyNorm && gainFirst) split = RmsNorm(split, $"{prefix}{which}_norm.weight", Options.HeadSize, which + ".norm");
        if (Options.Positions == PositionKind.Rotary) split = Rotated(split, which);
        return Options.QueryKeyNorm && !gainFirst ? RmsNorm(split, null, Options.HeadSize, which + ".norm") : split;
    }

    private Value Rotated(Value x, string which)
    {
        Value[] halves = G.Ops("Split", [x], [which + ".first", which + ".second"], "", OnnxFactory.Attribute("axis", -1L), OnnxFactory.Attribute("num_outputs", 2L));
        Value first = G.Sub(G.Mul(halves[0], _cos), G.Mul(halves[1], _sin), which + ".turned_first");
        Value second = G.Add(G.Mul(halves[1], _cos), G.Mul(halves[0], _sin), which + ".turned_second");
        return G.Concat([first, second], -1, which + ".rotated");
    }

    private Value Cached(Value now, string name)
    {
        NodeProto node = new() { OpType = "Concat", Name = "present." + name };
        node.Input.Add("past_key_values." + name);
        node.Input.Add(now.Name);
        node.Output.Add("present." + name);
        node.Attribute.Add(OnnxFactory.Attribute("axis", 2L));
        G.Graph.Node.Add(node);
        return new Value("present." + name);
    }

    private Value Repeated(Value x, string which)
    {
        int times = Options.Heads / Options.KeyValueHeads;
        if (times == 1) return x;
        Value five = G.Unsqueeze(x, [2], which + ".group");
        Value expanded = G.Op("Expand", [five, G.Ints(1, 1, times, 1, 1)], which + ".repeated");
        // Batch and length are dynamic and adjacent axes are joined, so the shape is made at run time.
        Value shape = G.Concat([G.Op("Slice", [G.Shape(x), G.Ints(0), G.Ints(1)]), G.Ints(Options.Heads, -1, Options.HeadSize)], 0, which + ".shape");
        return G.Reshape(expanded, shape, which + ".all_heads");
    }

    /// <inheritdoc/>
    protected override Value RmsNorm(Value x, string? gain, int size, string name)
    {
        using IDisposable scope = G.Scope(name);
        Value mean = G.Op("ReduceMean", [G.Op("Pow", [x, G.Constant(2f)], "square"), G.Ints(-1)], "mean", "", OnnxFactory.Attribute("keepdims", 1L));
        Value normalized = G.Div(x, G.Sqrt(G.Add(mean, G.Constant(Options.NormEpsilon)), "rms"), "scaled");
        // A gain of ones costs nothing and lets the runtime recognise the norm and run it as one operator.
        return G.Mul(normalized, gain is null ? Ones(size) : Parameter(gain), "normalized");
    }

    private Value Ones(int size)
    {
        if (_ones.TryGetValue(size, out Value ones)) return ones;
        float[] data = new float[size];
        data.AsSpan().Fill(1);
        return _ones[size] = G.Initializer(OnnxFactory.Tensor($"const.ones_{size}", [size], data));
    }

    /// <inheritdoc/>
    protected override void Outputs(Value logits)
    {
        // Language tags are given, never predicted: their logits are there, so that the output has the vocabulary's size, and far below all others.
        if (Options.Vocabulary > Options.TextVocabulary)
            logits = G.Op("Pad", [logits, G.Ints(0, 0, 0, 0, 0, Options.Vocabulary - Options.TextVocabulary), G.Constant(Hidden)], "head.padded");
        NodeProto node = new() { OpType = "Identity", Name = "logits" };
        node.Input.Add(logits.Name);
        node.Output.Add("logits");
        G.Graph.Node.Add(node);
        G.Graph.Output.Add(OnnxFactory.ValueInfo("logits", DataType.Float, "batch", "sequence", Options.Vocabulary));
        if (!Causal) return;
        for (int i = 0; i < Options.Layers; i++)
        {
            foreach (string which in (string[])["key", "value"])
                G.Graph.Output.Add(OnnxFactory.ValueInfo($"present.{i}.{which}", DataType.Float, "batch", Options.KeyValueHeads, "total", Options.HeadSize));
        }
    }
}
