using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Data.Tokenizers.HuggingFace;

namespace Glossa.Data.Tokenizers;

/// <summary>Gives a tokenizer that was trained before the tags of languages that it has not seen.</summary>
public static class LanguageTagTokens
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a tokenizer folder that differs from another by tags alone; new tags take the ids behind all others, so that every id keeps its meaning.</summary>
    /// <param name="tokenizerPath">The tokenizer.json of the other.</param>
    /// <param name="configPath">Its tokenizer_config.json.</param>
    /// <param name="languages">Languages that get a tag where they have none.</param>
    /// <param name="folder">The new folder.</param>
    /// <param name="modelMaxLength">The longest sequence that the model takes, in tokens.</param>
    /// <exception cref="InputException">A file is missing or damaged.</exception>
    /// <exception cref="WorkException">The files cannot be written.</exception>
    public static void Extend(string tokenizerPath, string configPath, IEnumerable<string> languages, string folder, int modelMaxLength)
    {
        ArgumentNullException.ThrowIfNull(languages);
        TextTokenizer tokenizer = TextTokenizer.Load(tokenizerPath);
        string[] missing = [.. languages.Where(language => tokenizer.LanguageTagId(language) is null).Order(StringComparer.Ordinal)];
        JsonObject file = Read(tokenizerPath), config = Read(configPath);
        if (file["added_tokens"] is not JsonArray added) throw new InputException("there is no list 'added_tokens'", tokenizerPath, "take the tokenizer of a run");
        int id = tokenizer.VocabularySize;
        foreach (string language in missing)
        {
            added.Add(new JsonObject
            {
                ["id"] = id++,
                ["content"] = SpecialTokens.LanguageTag(language),
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            });
        }
        config["model_max_length"] = modelMaxLength;
        Write(Path.Combine(folder, HuggingFaceTokenizer.TokenizerName), file);
        Write(Path.Combine(folder, HuggingFaceTokenizer.ConfigName), config);
    }

    private static JsonObject Read(string path)
    {
        try
        {
            using FileStream stream = IoFailure.OpenRead(path, "tokenizer file");
            return JsonNode.Parse(stream) as JsonObject ?? throw new InputException("expected a JSON object", path, "take the tokenizer of a run");
        }
        catch (JsonException e)
        {
            throw new InputException($"not valid JSON in line {e.LineNumber + 1}", path, "take the tokenizer of a run", e);
        }
    }

    private static void Write(string path, JsonObject json) => AtomicFile.WriteText(path, json.ToJsonString(Indented) + "\n");
}
