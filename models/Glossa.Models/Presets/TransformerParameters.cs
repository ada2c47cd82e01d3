namespace Glossa.Models.Presets;

/// <summary>The trainable tensors of a preset, in the order data passes them.</summary>
public static class TransformerParameters
{
    /// <summary>Name of the embedding table.</summary>
    public const string Embedding = "model.embed_tokens.weight";

    /// <summary>Name of the output matrix, where it is not the embedding.</summary>
    public const string Head = "lm_head.weight";

    /// <summary>Lists every tensor with its shape and start.</summary>
    /// <remarks>
    /// Matrices start at a variance of 1 / inputs; those that write into the residual stream and the output matrix start
    /// at zero, so that every block is the identity at first (recipe of the nanochat architecture).
    /// </remarks>
    public static IReadOnlyList<ParameterSpec> Of(TransformerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<ParameterSpec> specs =
        [
            new(Embedding, [options.Vocabulary, options.Width], ParameterInit.Normal, options.TiedHead ? 0.02f : 1f),
        ];
        long width = options.Width, queries = options.Heads * options.HeadSize, keys = options.KeyValueHeads * options.HeadSize;
        for (int i = 0; i < options.Layers; i++)
        {
            string layer = LayerPrefix(i);
            AddGain(specs, options, layer + "input_layernorm.weight", width);
            specs.Add(Matrix(layer + "self_attn.q_proj.weight", width, queries));
            specs.Add(Matrix(layer + "self_attn.k_proj.weight", width, keys));
            specs.Add(Matrix(layer + "self_attn.v_proj.weight", width, keys));
            if (options.QueryKeyNorm)
            {
                AddGain(specs, options, layer + "self_attn.q_norm.weight", options.HeadSize);
                AddGain(specs, options, layer + "self_attn.k_norm.weight", options.HeadSize);
            }
            specs.Add(Zeros(layer + "self_attn.o_proj.weight", queries, width));
            AddGain(specs, options, layer + "post_attention_layernorm.weight", width);
            if (options.FeedForwardKind == FeedForwardKind.SwiGlu)
            {
                specs.Add(Matrix(layer + "mlp.gate_proj.weight", width, options.FeedForward));
                specs.Add(Matrix(layer + "mlp.up_proj.weight", width, options.FeedForward));
                specs.Add(Zeros(layer + "mlp.down_proj.weight", options.FeedForward, width));
            }
            else
            {
                specs.Add(Matrix(layer + "mlp.fc1.weight", width, options.FeedForward));
                specs.Add(Zeros(layer + "mlp.fc2.weight", options.FeedForward, width));
            }
        }
        AddGain(specs, options, "model.norm.weight", width);
        if (!options.TiedHead) specs.Add(Zeros(Head, width, options.TextVocabulary));
        return specs;
    }

    internal static string LayerPrefix(int layer) => $"model.layers.{layer}.";

    private static void AddGain(List<ParameterSpec> specs, TransformerOptions options, string name, long width)
    {
        if (options.NormGain) specs.Add(new ParameterSpec(name, [width], ParameterInit.Ones));
    }

    private static ParameterSpec Matrix(string name, long inputs, long outputs) =>
        new(name, [inputs, outputs], ParameterInit.Normal, 1f / MathF.Sqrt(inputs));

    private static ParameterSpec Zeros(string name, long inputs, long outputs) => new(name, [inputs, outputs], ParameterInit.Zeros);
}
