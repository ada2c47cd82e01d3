using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Benchmarks;

/// <summary>
/// A BERT encoder as our own builder writes a training form: time first, heads read in place by fused products, one operator for each norm and activation.
/// What an exported encoder of the same weights is measured against.
/// </summary>
internal sealed class EncoderGraph(IReadOnlyDictionary<string, TensorProto> weights, int layers, int heads, int width, float epsilon)
{
    private readonly GraphBuilder _g = new(new GraphProto { Name = "encoder" });
    private Value _bias;

    /// <summary>Inputs <c>input_ids</c> and <c>attention_mask</c>, <c>[batch, sequence]</c>; output <c>[sequence, batch, width]</c>.</summary>
    public ModelProto Build()
    {
        Value ids = _g.Input("input_ids", DataType.Int64, "batch", "sequence");
        Value mask = _g.Input("attention_mask", DataType.Int64, "batch", "sequence");
        Value given = _g.Unsqueeze(_g.Cast(mask, DataType.Bool, "given"), [1, 2], "given_keys");
        _bias = _g.Where(given, _g.Constant(0f), _g.Constant(-1e30f), "bias");
        Value x_TBD = Embed(_g.Transpose(ids, [1, 0], "ids_TB"));
        for (int layer = 0; layer < layers; layer++) x_TBD = Block(x_TBD, $"bert.encoder.layer.{layer}.");
        _g.Graph.Output.Add(OnnxFactory.ValueInfo(x_TBD.Name, DataType.Float, "sequence", "batch", width));
        ModelProto model = new() { IrVersion = 10, ProducerName = "glossa", Graph = _g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 21 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = FusedOperators.Domain, Version = 1 });
        return model;
    }

    private Value Embed(Value ids_TB)
    {
        Value length = _g.Gather(_g.Shape(ids_TB), _g.Constant(0L), 0, "length");
        Value positions = _g.Op("Range", [_g.Constant(0L), length, _g.Constant(1L)], "positions");
        Value words = _g.Gather(Weight("bert.embeddings.word_embeddings.weight"), ids_TB, 0, "words");
        Value places = _g.Unsqueeze(_g.Gather(Weight("bert.embeddings.position_embeddings.weight"), positions, 0, "places"), [1], "places_T1D");
        Value segment = _g.Gather(Weight("bert.embeddings.token_type_embeddings.weight"), _g.Sub(ids_TB, ids_TB, "segments"), 0, "segment");
        return Norm(_g.Add(_g.Add(words, segment, "typed"), places, "placed"), "bert.embeddings.LayerNorm");
    }

    private Value Block(Value x, string prefix)
    {
        using IDisposable scope = _g.Scope(prefix.TrimEnd('.'));
        Value attended = Linear(Attention(x, prefix + "attention.self."), prefix + "attention.output.dense", "attended");
        x = Norm(_g.Add(x, attended, "attention.residual"), prefix + "attention.output.LayerNorm");
        Value inner = _g.Op("Gelu", [Linear(x, prefix + "intermediate.dense", "inner")], "gelu", FusedOperators.Domain);
        return Norm(_g.Add(x, Linear(inner, prefix + "output.dense", "outer"), "residual"), prefix + "output.LayerNorm");
    }

    private Value Attention(Value x, string prefix)
    {
        Value q = Heads("query"), k = Heads("key"), v = Heads("value");
        Value scores_NTT = _g.FusedMatMul(q, k, "scores", transB: true, transBatchA: true, transBatchB: true, alpha: 1 / MathF.Sqrt((float)width / heads));
        Value shape = _g.Shape(scores_NTT, "scores.shape");
        Value split = _g.Concat([_g.Ints(-1, heads), _g.Op("Slice", [shape, _g.Ints(1), _g.Ints(3)])], 0, "split.shape");
        Value masked = _g.Reshape(_g.Add(_g.Reshape(scores_NTT, split, "scores.split"), _bias, "masked"), shape, "masked.joined");
        Value mixed = _g.FusedMatMul(_g.Softmax(masked, -1, "weights"), v, "mixed", transBatchB: true);
        return _g.Reshape(_g.Transpose(mixed, [1, 0, 2], "heads"), [0, -1, width], "joined");

        Value Heads(string which) => _g.Reshape(Linear(x, prefix + which, which), [0, -1, width / heads], which + ".split");
    }

    private Value Linear(Value x, string name, string hint) => _g.Add(_g.MatMul(x, Weight(name + ".weight"), hint + ".product"), Weight(name + ".bias"), hint);

    private Value Norm(Value x, string name) =>
        _g.Op("LayerNormalization", [x, Weight(name + ".weight"), Weight(name + ".bias")], "norm", "", OnnxFactory.Attribute("epsilon", epsilon), OnnxFactory.Attribute("axis", -1L));

    private readonly Dictionary<string, Value> _made = [];

    private Value Weight(string name) => _made.TryGetValue(name, out Value made) ? made : _made[name] = _g.Initializer(weights[name].Clone());
}
