using System.Text.Json.Nodes;

namespace Glossa.Models.Presets;

/// <summary>A preset as its published architecture's config.json describes it.</summary>
public static class PublishedConfig
{
    /// <summary>All keys of the architecture; <c>model_type</c> is <c>glossa</c> where no published one fits exactly.</summary>
    public static JsonObject Of(TransformerOptions options, int beginId, int endId, int padId)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool swiGlu = options.FeedForwardKind == FeedForwardKind.SwiGlu;
        JsonObject config = new()
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
            ["hidden_act"] = swiGlu ? "silu" : "relu2",
            ["rms_norm_eps"] = options.NormEpsilon,
            ["rope_theta"] = options.RopeTheta,
            ["rope_parameters"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = options.RopeTheta },
            ["attention_bias"] = false,
            ["attention_dropout"] = 0.0,
            ["initializer_range"] = 0.02,
            ["tie_word_embeddings"] = options.TiedHead,
            ["use_cache"] = true,
            ["torch_dtype"] = "float32",
            ["bos_token_id"] = beginId,
            ["eos_token_id"] = endId,
            ["pad_token_id"] = padId,
        };
        // nanochat caps its logits unless told not to.
        if (options.ModelType == "nanochat") config["final_logit_softcapping"] = null;
        return config;
    }
}
