using System.Text.Json.Nodes;
using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Export;

/// <summary>What Glossa itself must know about a model: the object under <c>glossa</c> in config.json.</summary>
/// <param name="TextVocabulary">Ids that are predicted; those from here up are language tags, which are only given.</param>
/// <param name="Context">The most tokens the model takes at once.</param>
/// <param name="ScoringWindow">Tokens of a scoring window: those that the report's figures, and <c>glossa evaluate</c>, are taken with.</param>
/// <param name="LanguageTags">Id of each language's tag; empty where the model has none.</param>
public sealed record ModelFacts(int TextVocabulary, int Context, int ScoringWindow, IReadOnlyDictionary<string, int> LanguageTags)
{
    /// <summary>How a corpus without a split column was split, so that evaluation scores what training never saw; null where that is not known.</summary>
    public SplitConfig? Split { get; init; }

    /// <summary>The key in config.json.</summary>
    public const string Key = "glossa";

    /// <summary>The object to store, tags in the order of their ids.</summary>
    public JsonObject ToJson()
    {
        JsonObject tags = [];
        foreach ((string language, int id) in LanguageTags.OrderBy(t => t.Value)) tags[language] = id;
        JsonObject json = new()
        {
            ["textVocabulary"] = TextVocabulary,
            ["context"] = Context,
            ["scoringWindow"] = ScoringWindow,
            ["languageTags"] = tags,
        };
        if (Split is { } split) json["split"] = new JsonObject { ["valid"] = split.Valid, ["test"] = split.Test, ["seed"] = split.Seed };
        return json;
    }

    /// <summary>
    /// The facts in a config.json. Without the key they come from what every published model states: its vocabulary, none
    /// of it tags, and its longest sequence.
    /// </summary>
    /// <exception cref="InputException">A number is missing or makes no sense.</exception>
    public static ModelFacts Read(JsonObject config, string path)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config[Key] is not JsonObject facts)
        {
            int context = FirstPositive(config, path, "max_position_embeddings", "n_positions", "n_ctx");
            return new ModelFacts(FirstPositive(config, path, "vocab_size"), context, context, new Dictionary<string, int>());
        }
        Dictionary<string, int> tags = [];
        if (facts["languageTags"] is JsonObject stored)
            foreach ((string language, JsonNode? id) in stored)
                tags[language] = Number(id) ?? throw Wrong(path, $"{Key}.languageTags.{language}");
        return new ModelFacts(FirstPositive(facts, path, "textVocabulary"), FirstPositive(facts, path, "context"),
            FirstPositive(facts, path, "scoringWindow", "context"), tags)
        { Split = SplitIn(facts, path) };
    }

    private static SplitConfig? SplitIn(JsonObject facts, string path)
    {
        if (facts["split"] is not JsonObject split) return null;
        return split["valid"] is JsonValue valid && valid.TryGetValue(out double v) && split["test"] is JsonValue test && test.TryGetValue(out double t)
            && split["seed"] is JsonValue seed && seed.TryGetValue(out long s)
            ? new SplitConfig { Valid = v, Test = t, Seed = s }
            : throw Wrong(path, $"{Key}.split");
    }

    private static int FirstPositive(JsonObject from, string path, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
            if (Number(from[key]) is > 0 and { } number) return number;
        throw Wrong(path, keys[0]);
    }

    private static int? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out int number) ? number : null;

    private static InputException Wrong(string path, string key) => new($"'{key}' is missing or no positive whole number", path, "export the model again");
}
