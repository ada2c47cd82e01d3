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

    /// <summary>The rows of the learned positions, to be added to the embedding.</summary>
    protected abstract Value PositionRows();

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

    /// <summary>A projection: its weight <c>NAME.weight</c> and, where the model has biases, <c>NAME.bias</c>.</summary>
    /// <param name="x">What is projected, <c>[..., inputs]</c>.</param>
    /// <param name="parameter">Name of the parameters.</param>
    /// <param name="name">Name of the product in the graph.</param>
    protected Value Linear(Value x, string parameter, string name)
    {
        Value product = G.MatMul(x, Parameter(parameter + ".weight"), name);
        return Options.Biases ? G.Add(product, Parameter(parameter + ".bias"), name + ".biased") : product;
    }

    private readonly Dictionary<string, Value> _made = [];

    private Value Embed(Value ids)
    {
        Value x = G.Gather(Parameter(TransformerParameters.Embedding), ids, 0, "embedding");
        if (Options.Positions == PositionKind.Learned) x = G.Add(x, PositionRows(), "embedding.placed");
        return Dropped(Options.EmbeddingNorm ? RmsNorm(x, null, Options.Width, "embedding.norm") : x, 0);
    }

    private Value Block(Value x, int layer)
    {
        string prefix = TransformerParameters.LayerPrefix(layer);
        using IDisposable scope = G.Scope($"layers.{layer}");
        Value attended = Attention(Norm(x, prefix + "input_layernorm", "attention.norm"), layer);
        x = G.Add(x, Dropped(attended, 1 + 2 * layer), "attention.residual");
        Value fed = FeedForward(Norm(x, prefix + "post_attention_layernorm", "mlp.norm"), prefix);
        return G.Add(x, Dropped(fed, 2 + 2 * layer), "mlp.residual");
    }

    private Value Norm(Value x, string parameter, string name) => Options.Norm == NormKind.Layer
        ? G.Op("LayerNormalization", [x, Parameter(parameter + ".weight"), Parameter(parameter + ".bias")], name, "",
            OnnxFactory.Attribute("axis", -1L), OnnxFactory.Attribute("epsilon", Options.NormEpsilon))
        : RmsNorm(x, Options.NormGain ? parameter + ".weight" : null, Options.Width, name);

    private Value FeedForward(Value x, string prefix)
    {
        if (Options.FeedForwardKind == FeedForwardKind.SwiGlu)
        {
            Value gate = Linear(x, prefix + "mlp.gate_proj", "mlp.gate");
            Value up = Linear(x, prefix + "mlp.up_proj", "mlp.up");
            Value silu = G.Mul(gate, G.Op("Sigmoid", [gate], "mlp.sigmoid"), "mlp.silu");
            return Linear(G.Mul(silu, up, "mlp.gated"), prefix + "mlp.down_proj", "mlp.down");
        }
        Value inner = Linear(x, prefix + "mlp.fc1", "mlp.fc1");
        if (Options.FeedForwardKind == FeedForwardKind.Gelu)
            return Linear(G.Op("Gelu", [inner], "mlp.gelu"), prefix + "mlp.fc2", "mlp.fc2");
        Value relu = G.Relu(inner, "mlp.relu");
        return Linear(G.Mul(relu, relu, "mlp.relu2"), prefix + "mlp.fc2", "mlp.fc2");
    }

    private void Head(Value x)
    {
        x = Norm(x, "model.norm", "norm");
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
