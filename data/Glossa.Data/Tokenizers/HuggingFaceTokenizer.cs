using System.Text.Encodings.Web;
using System.Text.Json;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// Writes a tokenizer as Hugging Face's clients read it: tokenizer.json and tokenizer_config.json. There is no
/// post-processor: whoever runs the model gives the language tag or <c>&lt;bos&gt;</c> himself.
/// </summary>
public static class HuggingFaceTokenizer
{
    /// <summary>Name of the file with vocabulary, merges and pattern.</summary>
    public const string TokenizerName = "tokenizer.json";

    /// <summary>Name of the file with the roles of the special tokens.</summary>
    public const string ConfigName = "tokenizer_config.json";

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>Writes both files into <paramref name="folder"/>, which is made where it is missing.</summary>
    /// <param name="model">The tokenizer's model.</param>
    /// <param name="folder">The model's folder.</param>
    /// <param name="modelMaxLength">The longest sequence that the model takes, in tokens.</param>
    /// <exception cref="WorkException">The files cannot be written.</exception>
    public static void Save(BpeModel model, string folder, int modelMaxLength)
    {
        ArgumentNullException.ThrowIfNull(model);
        Write(Path.Combine(folder, TokenizerName), json => WriteTokenizer(json, model));
        Write(Path.Combine(folder, ConfigName), json => WriteConfig(json, model, modelMaxLength));
    }

    private static void Write(string path, Action<Utf8JsonWriter> write) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter json = new(stream, Indented);
        write(json);
    });

    private static void WriteTokenizer(Utf8JsonWriter json, BpeModel model)
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        foreach (AddedToken token in model.AddedTokens) WriteAddedToken(json, token);
        json.WriteEndArray();
        json.WriteNull("normalizer");
        json.WritePropertyName("pre_tokenizer");
        WritePattern(json, model.Pattern);
        json.WriteNull("post_processor");
        json.WritePropertyName("decoder");
        WriteByteLevel(json, useRegex: true);
        WriteModel(json, model);
        json.WriteEndObject();
    }

    private static void WriteAddedToken(Utf8JsonWriter json, AddedToken token)
    {
        json.WriteStartObject();
        json.WriteNumber("id", token.Id);
        json.WriteString("content", token.Content);
        json.WriteBoolean("single_word", false);
        json.WriteBoolean("lstrip", false);
        json.WriteBoolean("rstrip", false);
        json.WriteBoolean("normalized", false);
        json.WriteBoolean("special", token.IsSpecial);
        json.WriteEndObject();
    }

    private static void WritePattern(Utf8JsonWriter json, WordPattern pattern)
    {
        if (pattern == WordPattern.Gpt2)
        {
            WriteByteLevel(json, useRegex: true);
            return;
        }
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", pattern.Regex);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        WriteByteLevel(json, useRegex: false);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, bool useRegex)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", useRegex);
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, BpeModel model)
    {
        Dictionary<int, string> added = model.AddedTokens.ToDictionary(token => token.Id, token => token.Content);
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        for (int id = 0; id < model.VocabularySize; id++)
        {
            // Added tokens stand here as well: the Rust library numbers those that do not anew.
            if (added.TryGetValue(id, out string? content)) json.WriteNumber(content, id);
            else if (model.HasBytes(id)) json.WriteNumber(ByteAlphabet.Write(model.TokenBytes(id)), id);
        }
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (BpeMerge merge in model.Merges)
            json.WriteStringValue(ByteAlphabet.Write(model.TokenBytes(merge.Left)) + " " + ByteAlphabet.Write(model.TokenBytes(merge.Right)));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteConfig(Utf8JsonWriter json, BpeModel model, int modelMaxLength)
    {
        json.WriteStartObject();
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        WriteRole(json, "bos_token", model, model.BeginId);
        WriteRole(json, "eos_token", model, model.EndId);
        WriteRole(json, "pad_token", model, model.PadId);
        json.WriteNumber("model_max_length", modelMaxLength);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteBoolean("add_prefix_space", false);
        json.WriteEndObject();
    }

    private static void WriteRole(Utf8JsonWriter json, string key, BpeModel model, int id)
    {
        foreach (AddedToken token in model.AddedTokens)
            if (token.Id == id) json.WriteString(key, token.Content);
    }
}
