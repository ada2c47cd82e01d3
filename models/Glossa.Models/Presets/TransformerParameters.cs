namespace Glossa.Models.Presets;

/// <summary>The trainable tensors of a preset, in the order data passes them.</summary>
public static class TransformerParameters
{
    /// <summary>Name of the embedding table.</summary>
    public const string Embedding = "model.embed_tokens.weight";

    /// <summary>Name of the table of learned positions.</summary>
    public const string Positions = "model.embed_positions.weight";

    /// <summary>Name of the output matrix, where it is not the embedding.</summary>
    public const string Head = "lm_head.weight";

    /// <summary>Lists every tensor with its shape and start.</summary>
    public static IReadOnlyList<ParameterSpec> Of(TransformerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<ParameterSpec> specs =
        [
            new(Embedding, [options.Vocabulary, options.Width], ParameterInit.Normal, options.TiedHead || options.Start == StartKind.Small ? Small : 1f),
        ];
        if (options.Positions == PositionKind.Learned) specs.Add(new ParameterSpec(Positions, [options.Context, options.Width], ParameterInit.Normal, Small));
        long width = options.Width, queries = options.Heads * options.HeadSize, keys = options.KeyValueHeads * options.HeadSize;
        for (int i = 0; i < options.Layers; i++)
        {
            string layer = LayerPrefix(i);
            AddNorm(specs, options, layer + "input_layernorm", width);
            AddLinear(specs, options, layer + "self_attn.q_proj", width, queries);
            AddLinear(specs, options, layer + "self_attn.k_proj", width, keys);
            AddLinear(specs, options, layer + "self_attn.v_proj", width, keys);
            if (options.QueryKeyNorm)
            {
                AddGain(specs, options, layer + "self_attn.q_norm", options.HeadSize);
                AddGain(specs, options, layer + "self_attn.k_norm", options.HeadSize);
            }
            AddLinear(specs, options, layer + "self_attn.o_proj", queries, width, residual: true);
            AddNorm(specs, options, layer + "post_attention_layernorm", width);
            if (options.FeedForwardKind == FeedForwardKind.SwiGlu)
            {
                AddLinear(specs, options, layer + "mlp.gate_proj", width, options.FeedForward);
                AddLinear(specs, options, layer + "mlp.up_proj", width, options.FeedForward);
                AddLinear(specs, options, layer + "mlp.down_proj", options.FeedForward, width, residual: true);
            }
            else
            {
                AddLinear(specs, options, layer + "mlp.fc1", width, options.FeedForward);
                AddLinear(specs, options, layer + "mlp.fc2", options.FeedForward, width, residual: true);
            }
        }
        AddNorm(specs, options, "model.norm", width);
        if (!options.TiedHead)
            specs.Add(new ParameterSpec(Head, [width, options.TextVocabulary], options.Start == StartKind.Small ? ParameterInit.Normal : ParameterInit.Zeros, options.Start == StartKind.Small ? Small : 0));
        return specs;
    }

    internal static string LayerPrefix(int layer) => $"model.layers.{layer}.";

    private const float Small = 0.02f;

    private static void AddNorm(List<ParameterSpec> specs, TransformerOptions options, string name, long width)
    {
        AddGain(specs, options, name, width);
        if (options.Norm == NormKind.Layer) specs.Add(new ParameterSpec(name + ".bias", [width], ParameterInit.Zeros));
    }

    private static void AddGain(List<ParameterSpec> specs, TransformerOptions options, string name, long width)
    {
        if (options.NormGain) specs.Add(new ParameterSpec(name + ".weight", [width], ParameterInit.Ones));
    }

    private static void AddLinear(List<ParameterSpec> specs, TransformerOptions options, string name, long inputs, long outputs, bool residual = false)
    {
        (ParameterInit init, float scale) = (options.Start, residual) switch
        {
            (StartKind.Small, _) => (ParameterInit.Normal, residual ? Small / MathF.Sqrt(2 * options.Layers) : Small),
            (_, true) => (ParameterInit.Zeros, 0),
            _ => (ParameterInit.Normal, 1f / MathF.Sqrt(inputs)),
        };
        specs.Add(new ParameterSpec(name + ".weight", [inputs, outputs], init, scale));
        if (options.Biases) specs.Add(new ParameterSpec(name + ".bias", [outputs], ParameterInit.Zeros));
    }
}
