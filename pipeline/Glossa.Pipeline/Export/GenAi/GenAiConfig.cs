using System.Text.Json.Nodes;
using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Onnx;

namespace Glossa.Pipeline.Export.GenAi;

/// <summary>genai_config.json: what onnxruntime-genai must know of a model, in its own words.</summary>
internal static class GenAiConfig
{
    // The types that it knows by the names of Hugging Face; any other decoder is a "decoder" to it.
    private static readonly string[] KnownTypes =
        ["chatglm", "ernie4_5", "gemma", "gemma2", "gemma3_text", "granite", "internlm2", "llama", "mistral", "nemotron", "olmo", "phi", "phi3", "qwen2", "qwen3", "smollm3"];

    /// <summary>The object to store.</summary>
    /// <param name="model">The model, in the form of <see cref="SharedCacheGraph"/>.</param>
    /// <param name="config">config.json of the folder that it comes from.</param>
    /// <param name="generation">Its generation_config.json, or null.</param>
    /// <param name="context">The most tokens, prompt included.</param>
    /// <exception cref="InputException">The end of a text has no id.</exception>
    public static JsonObject Of(ModelProto model, JsonObject config, JsonObject? generation, int context)
    {
        int? end = Id("eos_token_id", generation, config), begin = Id("bos_token_id", generation, config), pad = Id("pad_token_id", generation, config);
        if (end is null) throw new InputException("the model folder names no 'eos_token_id'", "config.json", "add it: onnxruntime-genai stops there");
        JsonObject json = new()
        {
            ["model"] = new JsonObject
            {
                ["bos_token_id"] = begin ?? end,
                ["context_length"] = context,
                ["decoder"] = Decoder(model.Graph, config),
                ["eos_token_id"] = end,
                ["pad_token_id"] = pad ?? end,
                ["type"] = (string?)config["model_type"] is { } type && KnownTypes.Contains(type) ? type : "decoder",
                ["vocab_size"] = Width(model.Graph.Output.Single(output => output.Name == "logits")),
            },
            ["search"] = Search(context),
        };
        return json;
    }

    private static JsonObject Decoder(GraphProto graph, JsonObject config)
    {
        ValueInfoProto[] caches = [.. graph.Input.Where(input => SharedCacheGraph.IsCache(input.Name))];
        long heads = GraphIndex.IntAttribute(graph.Node.First(node => node.OpType == "GroupQueryAttention"), "num_heads", 0), size = Width(caches[0]);
        JsonObject inputs = new() { ["input_ids"] = "input_ids", ["attention_mask"] = "attention_mask" };
        if (graph.Input.Any(input => input.Name == "position_ids")) inputs["position_ids"] = "position_ids";
        inputs["past_key_names"] = "past_key_values.%d.key";
        inputs["past_value_names"] = "past_key_values.%d.value";
        return new JsonObject
        {
            ["session_options"] = new JsonObject { ["log_id"] = "onnxruntime-genai", ["provider_options"] = new JsonArray() },
            ["filename"] = GenAiFolder.ModelName,
            ["head_size"] = size,
            ["hidden_size"] = Number("hidden_size", config) ?? Number("n_embd", config) ?? (heads * size),
            ["inputs"] = inputs,
            ["outputs"] = new JsonObject { ["logits"] = "logits", ["present_key_names"] = "present.%d.key", ["present_value_names"] = "present.%d.value" },
            ["num_attention_heads"] = heads,
            ["num_hidden_layers"] = caches.Length / 2,
            ["num_key_value_heads"] = caches[0].Type.TensorType.Shape.Dim[1].DimValue,
        };
    }

    /// <summary>Greedy unless a program asks otherwise; the cache's memory is shared.</summary>
    private static JsonObject Search(int context) => new()
    {
        ["diversity_penalty"] = 0.0,
        ["do_sample"] = false,
        ["early_stopping"] = true,
        ["length_penalty"] = 1.0,
        ["max_length"] = context,
        ["min_length"] = 0,
        ["no_repeat_ngram_size"] = 0,
        ["num_beams"] = 1,
        ["num_return_sequences"] = 1,
        ["past_present_share_buffer"] = true,
        ["repetition_penalty"] = 1.0,
        ["temperature"] = 1.0,
        ["top_k"] = 50,
        ["top_p"] = 1.0,
    };

    private static long Width(ValueInfoProto value) => value.Type.TensorType.Shape.Dim[^1].DimValue;

    // Models with several ends of a text list them; the first is the main one.
    private static int? Id(string key, params JsonObject?[] places) => places.Select(place => place?[key] switch
    {
        JsonArray { Count: > 0 } several => (int?)several[0],
        JsonValue one => (int?)one,
        _ => null,
    }).FirstOrDefault(id => id is not null);

    private static long? Number(string key, JsonObject config) => config[key] is JsonValue value && value.TryGetValue(out long number) ? number : null;
}
