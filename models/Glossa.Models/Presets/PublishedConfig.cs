using System.Text.Json.Nodes;

namespace Glossa.Models.Presets;

/// <summary>A preset as its published architecture's config.json describes it.</summary>
public static class PublishedConfig
{
    /// <summary>All keys of the architecture; <c>model_type</c> is <c>glossa</c> where no published one fits exactly.</summary>
    public static JsonObject Of(TransformerOptions options, int beginId, int endId, int padId)
    {
        ArgumentNullException.ThrowIfNull(options);
        JsonObject config = options.ModelType == "gpt2" ? Gpt2(options) : Common(options);
        config["initializer_range"] = 0.02;
        config["tie_word_embeddings"] = options.TiedHead;
        config["use_cache"] = true;
        config["torch_dtype"] = "float32";
        config["bos_token_id"] = beginId;
        config["eos_token_id"] = endId;
        config["pad_token_id"] = padId;
        // nanochat caps its logits unless told not to.
        if (options.ModelType == "nanochat") config["final_logit_softcapping"] = null;
        return config;
    }

    private static JsonObject Common(TransformerOptions options) => new()
    {
        ["model_type"] = options.ModelType,
        ["architectures"] = new JsonArray(options.ModelType switch
        {
            "nanochat" => "NanoChatForCausalLM",
            "qwen3" => "Qwen3ForCausalLM",
            _ => options.Task == TransformerTask.CausalLm ? "GlossaForCausalLM" : "GlossaForMaskedLM",
        }),
        ["vocab_size"] = options.Vocabulary,
        ["hidden_size"] = options.Width,
        ["intermediate_size"] = options.FeedForward,
        ["num_hidden_layers"] = options.Layers,
        ["num_attention_heads"] = options.Heads,
        ["num_key_value_heads"] = options.KeyValueHeads,
        ["head_dim"] = options.HeadSize,
        ["max_position_embeddings"] = options.Context,
        ["hidden_act"] = options.FeedForwardKind switch { FeedForwardKind.SwiGlu => "silu", FeedForwardKind.Gelu => "gelu", _ => "relu2" },
        ["rms_norm_eps"] = options.NormEpsilon,
        ["rope_theta"] = options.RopeTheta,
        ["rope_parameters"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = options.RopeTheta },
        ["attention_bias"] = options.Biases,
        ["attention_dropout"] = 0.0,
    };

    // Dropout falls on the embedding and on what blocks add to the stream, never inside attention.
    private static JsonObject Gpt2(TransformerOptions options) => new()
    {
        ["model_type"] = options.ModelType,
        ["architectures"] = new JsonArray("GPT2LMHeadModel"),
        ["vocab_size"] = options.Vocabulary,
        ["n_positions"] = options.Context,
        ["n_embd"] = options.Width,
        ["n_layer"] = options.Layers,
        ["n_head"] = options.Heads,
        ["n_inner"] = options.FeedForward,
        ["activation_function"] = "gelu",
        ["layer_norm_epsilon"] = options.NormEpsilon,
        ["embd_pdrop"] = options.Dropout,
        ["resid_pdrop"] = options.Dropout,
        ["attn_pdrop"] = 0.0,
        ["scale_attn_weights"] = true,
    };
}
