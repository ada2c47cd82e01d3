using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Presets;

/// <summary>
/// The form that is differentiated: <c>input_ids [batch, sequence]</c> (and <c>attention_mask</c> for a masked model) in,
/// <c>logits [sequence, batch, textVocabulary]</c> out. Time comes first, so that heads are read in place by the fused matrix
/// product and no query, key or value is transposed; norms and rotations are single operators. Sequences are padded on the
/// right, which a causal mask never lets a real position see.
/// </summary>
public sealed class TrainingGraph : TransformerGraph
{
    private const float Hidden = -1e30f;

    private readonly Dictionary<int, Value> _ones = [];
    private Value _bias, _cos, _sin, _start, _ids;

    private TrainingGraph(TransformerOptions options, IReadOnlyDictionary<string, float[]> parameters)
        : base(options, parameters)
    {
    }

    /// <summary>Emits the model with the given parameter values (by initializer name).</summary>
    public static ModelProto Build(TransformerOptions options, IReadOnlyDictionary<string, float[]> parameters) =>
        new TrainingGraph(options, parameters).BuildModel();

    private bool Causal => Options.Task == TransformerTask.CausalLm;

    /// <inheritdoc/>
    protected override Value Inputs()
    {
        Value ids = G.Input("input_ids", DataType.Int64, "batch", "sequence");
        _ids = ids;
        if (Options.Positions == PositionKind.Rotary) Rotary();
        using IDisposable scope = G.Scope("mask");
        if (Causal)
        {
            Value positions = Positions();
            Value later = G.Op("Greater", [G.Unsqueeze(positions, [0], "keys"), G.Unsqueeze(positions, [1], "queries")], "later");
            _bias = G.Where(later, G.Constant(Hidden), G.Constant(0f), "bias");
        }
        else
        {
            Value mask = G.Input("attention_mask", DataType.Int64, "batch", "sequence");
            Value given = G.Unsqueeze(G.Cast(mask, DataType.Bool, "given"), [1, 2], "given_keys");
            _bias = G.Where(given, G.Constant(0f), G.Constant(Hidden), "bias");
        }
        return G.Transpose(ids, [1, 0], "ids_TB");
    }

    private void Rotary()
    {
        (float[] cos, float[] sin) = RotaryTables.Of(Options);
        long[] shape = [Options.Context, Options.HeadSize / 2];
        _cos = G.Initializer(OnnxFactory.Tensor("rotary.cos.table", shape, cos));
        _sin = G.Initializer(OnnxFactory.Tensor("rotary.sin.table", shape, sin));
        _start = G.Ints(0);
    }

    private Value Positions()
    {
        Value length = G.Gather(G.Shape(_ids), G.Constant(1L), 0, "length");
        return G.Op("Range", [G.Constant(0L), length, G.Constant(1L)], "positions");
    }

    /// <inheritdoc/>
    protected override Value PositionRows() => G.Unsqueeze(G.Gather(Parameter(TransformerParameters.Positions), Positions(), 0, "positions.rows"), [1], "positions");

    /// <inheritdoc/>
    protected override Value Attention(Value x, int layer)
    {
        string prefix = TransformerParameters.LayerPrefix(layer) + "self_attn.";
        using IDisposable scope = G.Scope("attention");
        Value q_TNd = Placed(Linear(x, prefix + "q_proj", "q"), prefix, "q");
        Value k_TNd = Repeated(Placed(Linear(x, prefix + "k_proj", "k"), prefix, "k"), "k");
        Value v_TNd = Repeated(Split(Linear(x, prefix + "v_proj", "v"), "v"), "v");
        Value scores_NTT = G.FusedMatMul(q_TNd, k_TNd, "scores", transB: true, transBatchA: true, transBatchB: true, alpha: Options.AttentionScale);
        Value weights = G.Softmax(Masked(scores_NTT), -1, "weights");
        Value mixed_NTd = G.FusedMatMul(weights, v_TNd, "mixed", transBatchB: true);
        Value joined = G.Reshape(G.Transpose(mixed_NTd, [1, 0, 2], "heads"), [0, -1, Options.Heads * Options.HeadSize], "joined");
        return Linear(joined, prefix + "o_proj", "o");
    }

    private Value Masked(Value scores_NTT)
    {
        if (Causal) return G.Add(scores_NTT, _bias, "masked");
        Value shape = G.Shape(scores_NTT, "scores.shape");
        Value split = G.Concat([G.Ints(-1, Options.Heads), G.Op("Slice", [shape, G.Ints(1), G.Ints(3)])], 0, "split.shape");
        return G.Reshape(G.Add(G.Reshape(scores_NTT, split, "scores.split"), _bias, "masked"), shape, "masked.joined");
    }

    private Value Split(Value projected, string which) => G.Reshape(projected, [0, -1, Options.HeadSize], which + ".split");

    // What only queries and keys go through: the norm per head and the rotation.
    private Value Placed(Value projected, string prefix, string which)
    {
        bool gainFirst = Options.NormGain;
        if (Options.QueryKeyNorm && gainFirst)
            projected = RmsNorm(Split(projected, which), $"{prefix}{which}_norm.weight", Options.HeadSize, which + ".norm");
        Value heads = Options.Positions == PositionKind.Rotary ? Rotated(projected, which) : Split(projected, which);
        return Options.QueryKeyNorm && !gainFirst ? RmsNorm(heads, null, Options.HeadSize, which + ".norm") : heads;
    }

    private Value Rotated(Value projected, string which)
    {
        Value row = G.Unsqueeze(FlattenHeads(projected, which), [0], which + ".row");
        Value rotated = G.Reshape(G.RotaryFused(row, _start, _cos, _sin, which + ".rotary"), [0, 0, -1, Options.HeadSize], which + ".heads");
        return G.Squeeze(rotated, [0], which + ".rotated");
    }

    // [T, a, b] as [T, a * b]
    private Value FlattenHeads(Value x, string which) => G.Reshape(x, [0, -1], which + ".flat");

    private Value Repeated(Value x_TNd, string which)
    {
        int times = Options.Heads / Options.KeyValueHeads;
        if (times == 1) return x_TNd;
        Value expanded = G.Op("Expand", [G.Unsqueeze(x_TNd, [2], which + ".group"), G.Ints(1, 1, times, 1)], which + ".repeated");
        return G.Reshape(expanded, [0, -1, Options.HeadSize], which + ".all_heads");
    }

    /// <summary>Name of the input that holds a place's dropout factors, <c>[sequence, batch, width]</c>.</summary>
    public static string DropoutInput(int place) => "dropout." + place.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    /// <remarks>
    /// The factors (0, or 1 / (1 - rate)) are inputs and not drawn in the graph: the runtime's own generator goes on from run to run,
    /// so that a resumed training would see other numbers than an uninterrupted one.
    /// </remarks>
    protected override Value Dropped(Value x, int place) => Options.Dropout == 0
        ? x
        : G.Mul(x, G.Input(DropoutInput(place), DataType.Float, "sequence", "batch", Options.Width), "dropped");

    /// <inheritdoc/>
    protected override Value RmsNorm(Value x, string? gain, int size, string name) =>
        G.RmsNormFused(x, gain is null ? Ones(size) : Parameter(gain), Options.NormEpsilon, name).Normalized;

    private Value Ones(int size)
    {
        if (_ones.TryGetValue(size, out Value ones)) return ones;
        float[] data = new float[size];
        data.AsSpan().Fill(1);
        return _ones[size] = G.Initializer(OnnxFactory.Tensor($"const.ones_{size}", [size], data));
    }

    /// <inheritdoc/>
    protected override void Outputs(Value logits) =>
        G.Graph.Output.Add(OnnxFactory.ValueInfo(logits.Name, DataType.Float, "sequence", "batch", Options.TextVocabulary));
}
