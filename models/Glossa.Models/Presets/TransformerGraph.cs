using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Presets;

/// <summary>
/// Emits a transformer as an ONNX graph, block by block. The two forms share weights, names and mathematics:
/// <see cref="InferenceGraph"/> is what is stored and shipped (standard operators, batch first, a cache of keys and
/// values), <see cref="TrainingGraph"/> what is differentiated (time first, fused operators).
/// </summary>
public abstract class TransformerGraph
{
    /// <summary>Operator set of the emitted graphs.</summary>
    public const long Opset = 21;

    /// <summary>IR version of the emitted models: the oldest that carries <see cref="Opset"/>.</summary>
    public const long IrVersion = 10;

    private readonly IReadOnlyDictionary<string, float[]> _parameters;
    private readonly Dictionary<string, ParameterSpec> _specs;

    /// <summary>Starts a graph over the given parameter values.</summary>
    protected TransformerGraph(TransformerOptions options, IReadOnlyDictionary<string, float[]> parameters)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        _parameters = parameters;
        _specs = TransformerParameters.Of(options).ToDictionary(spec => spec.Name);
        G = new GraphBuilder(new GraphProto { Name = options.ModelType });
    }

    /// <summary>The shape of the model.</summary>
    protected TransformerOptions Options { get; }

    /// <summary>The graph under construction.</summary>
    protected GraphBuilder G { get; }

    /// <summary>The whole model: ids in, logits out.</summary>
    protected ModelProto BuildModel()
    {
        Value ids = Inputs();
        Value x_BTD = Embed(ids);
        for (int i = 0; i < Options.Layers; i++) x_BTD = Block(x_BTD, i);
        Head(x_BTD);
        return Finish();
    }

    /// <summary>Declares the inputs and what all blocks share (masks, rotary tables); gives the ids to embed.</summary>
    protected abstract Value Inputs();

    /// <summary>Attention of one block on the normalised stream.</summary>
    protected abstract Value Attention(Value x, int layer);

    /// <summary>RMSNorm over the last axis of <paramref name="size"/> elements; the gain is null where the model has none.</summary>
    protected abstract Value RmsNorm(Value x, string? gain, int size, string name);

    /// <summary>Dropout of a place (0 the embedding, then two a block) where the form trains.</summary>
    protected virtual Value Dropped(Value x, int place) => x;

    /// <summary>Declares the outputs from the logits.</summary>
    protected abstract void Outputs(Value logits);

    /// <summary>A trainable tensor as an initializer, made at its first use.</summary>
    protected Value Parameter(string name)
    {
        ParameterSpec spec = _specs[name];
        return _made.TryGetValue(name, out Value made)
            ? made
            : _made[name] = G.Initializer(OnnxFactory.Tensor(name, spec.Shape, _parameters[name]));
    }

    /// <summary>The gain of a norm, where the model has gains.</summary>
    protected string? Gain(string name) => Options.NormGain ? name : null;

    private readonly Dictionary<string, Value> _made = [];

    private Value Embed(Value ids)
    {
        Value x = G.Gather(Parameter(TransformerParameters.Embedding), ids, 0, "embedding");
        return Dropped(Options.EmbeddingNorm ? RmsNorm(x, null, Options.Width, "embedding.norm") : x, 0);
    }

    private Value Block(Value x, int layer)
    {
        string prefix = TransformerParameters.LayerPrefix(layer);
        using IDisposable scope = G.Scope($"layers.{layer}");
        Value attended = Attention(RmsNorm(x, Gain(prefix + "input_layernorm.weight"), Options.Width, "attention.norm"), layer);
        x = G.Add(x, Dropped(attended, 1 + 2 * layer), "attention.residual");
        Value fed = FeedForward(RmsNorm(x, Gain(prefix + "post_attention_layernorm.weight"), Options.Width, "mlp.norm"), prefix);
        return G.Add(x, Dropped(fed, 2 + 2 * layer), "mlp.residual");
    }

    private Value FeedForward(Value x, string prefix)
    {
        if (Options.FeedForwardKind == FeedForwardKind.SwiGlu)
        {
            Value gate = G.MatMul(x, Parameter(prefix + "mlp.gate_proj.weight"), "mlp.gate");
            Value up = G.MatMul(x, Parameter(prefix + "mlp.up_proj.weight"), "mlp.up");
            Value silu = G.Mul(gate, G.Op("Sigmoid", [gate], "mlp.sigmoid"), "mlp.silu");
            return G.MatMul(G.Mul(silu, up, "mlp.gated"), Parameter(prefix + "mlp.down_proj.weight"), "mlp.down");
        }
        Value relu = G.Relu(G.MatMul(x, Parameter(prefix + "mlp.fc1.weight"), "mlp.fc1"), "mlp.relu");
        return G.MatMul(G.Mul(relu, relu, "mlp.relu2"), Parameter(prefix + "mlp.fc2.weight"), "mlp.fc2");
    }

    private void Head(Value x)
    {
        x = RmsNorm(x, Gain("model.norm.weight"), Options.Width, "norm");
        Value weight = Options.TiedHead
            ? G.Transpose(G.Op("Slice", [Parameter(TransformerParameters.Embedding), G.Ints(0), G.Ints(Options.TextVocabulary), G.Ints(0)], "head.rows"), [1, 0], "head.weight")
            : Parameter(TransformerParameters.Head);
        Outputs(G.MatMul(x, weight, "head.logits"));
    }

    private ModelProto Finish()
    {
        ModelProto model = new() { IrVersion = IrVersion, ProducerName = "glossa", Graph = G.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        if (G.Graph.Node.Any(node => node.Domain == FusedOperators.Domain))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = FusedOperators.Domain, Version = 1 });
        return model;
    }
}
