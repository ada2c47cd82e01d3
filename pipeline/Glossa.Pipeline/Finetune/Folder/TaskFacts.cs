using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Models.TaskHeads;

namespace Glossa.Pipeline.Finetune.Folder;

/// <summary>What a fine-tuned folder says about its task: the object <c>glossa_finetune</c> of config.json, and the task of a delta.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="MaxLength">Longest sequence that it was trained on, in tokens.</param>
/// <param name="Labels">The classes, in the order of the logits; empty for other tasks.</param>
/// <param name="LabelColumn">The corpus column that held them; null for the usual one.</param>
/// <param name="Pooling">How a new head pools.</param>
/// <param name="HeadParameters">Initializers of the new head; empty where the model's own was kept.</param>
/// <param name="Split">Shares and seed of a split by hash; null where the corpus said the split.</param>
internal sealed record TaskFacts(
    string Task, int MaxLength, IReadOnlyList<string> Labels, string? LabelColumn, Pooling Pooling, IReadOnlyList<string> HeadParameters, HashSplit? Split)
{
    /// <summary>The key in config.json; not <c>glossa</c>, which is what Glossa's own causal models say.</summary>
    public const string Key = "glossa_finetune";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The facts as JSON.</summary>
    public JsonObject ToJson() => (JsonObject)JsonSerializer.SerializeToNode(this, Json)!;

    /// <summary>The facts in JSON; null where there are none.</summary>
    /// <exception cref="InputException">They are damaged.</exception>
    public static TaskFacts? Read(JsonNode? json, string path)
    {
        try
        {
            return json is JsonObject { Count: > 0 } ? json.Deserialize<TaskFacts>(Json) : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new InputException($"'{Key}' is damaged", path, "fine-tune again", e);
        }
    }

    /// <summary>
    /// The config.json of a fine-tuned model: for classification the labels, and the class of architecture that old clients choose by
    /// (BertModel becomes BertForSequenceClassification).
    /// </summary>
    public JsonObject ConfigOf(JsonObject original)
    {
        JsonObject config = (JsonObject)original.DeepClone();
        config[Key] = ToJson();
        if (Labels.Count == 0) return config;
        JsonObject names = [], numbers = [];
        for (int i = 0; i < Labels.Count; i++)
        {
            names[i.ToString(CultureInfo.InvariantCulture)] = Labels[i];
            numbers[Labels[i]] = i;
        }
        config["id2label"] = names;
        config["label2id"] = numbers;
        config["num_labels"] = Labels.Count;
        config["problem_type"] = "single_label_classification";
        if (config["architectures"] is JsonArray { Count: > 0 } architectures && architectures[0] is { } first) config["architectures"] = new JsonArray(Classifier(first.ToString()));
        return config;
    }

    private static string Classifier(string architecture)
    {
        const string Suffix = "ForSequenceClassification";
        if (architecture.EndsWith(Suffix, StringComparison.Ordinal)) return architecture;
        int task = architecture.IndexOf("For", 1, StringComparison.Ordinal);
        string family = task > 0 ? architecture[..task] : architecture;
        foreach (string ending in (string[])["LMHeadModel", "Model"])
            if (family.EndsWith(ending, StringComparison.Ordinal)) family = family[..^ending.Length];
        return family + Suffix;
    }
}

/// <summary>How texts were split by their hash.</summary>
/// <param name="Valid">Share of valid.</param>
/// <param name="Test">Share of test.</param>
/// <param name="Seed">Seed of the hash.</param>
internal sealed record HashSplit(double Valid, double Test, long Seed);
