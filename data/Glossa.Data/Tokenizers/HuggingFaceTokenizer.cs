using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Data.Tokenizers.Unigram;
using Glossa.Data.Tokenizers.WordPiece;
using Glossa.Data.Tokenizers.Writing;

namespace Glossa.Data.Tokenizers;

/// <summary>Writes trained tokenizers as Hugging Face's clients read them: tokenizer.json and tokenizer_config.json.</summary>
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
        Save(BpeDescription.Of(model), folder, modelMaxLength);
    }

    /// <inheritdoc cref="Save(BpeModel, string, int)"/>
    public static void Save(UnigramVocabulary model, string folder, int modelMaxLength)
    {
        ArgumentNullException.ThrowIfNull(model);
        Save(UnigramDescription.Of(model), folder, modelMaxLength);
    }

    /// <inheritdoc cref="Save(BpeModel, string, int)"/>
    public static void Save(WordPieceVocabulary model, string folder, int modelMaxLength)
    {
        ArgumentNullException.ThrowIfNull(model);
        Save(WordPieceDescription.Of(model), folder, modelMaxLength);
    }

    private static void Save(TokenizerDescription tokenizer, string folder, int modelMaxLength)
    {
        Write(Path.Combine(folder, TokenizerName), json => WriteTokenizer(json, tokenizer));
        Write(Path.Combine(folder, ConfigName), json => WriteConfig(json, tokenizer, modelMaxLength));
    }

    private static void Write(string path, Action<Utf8JsonWriter> write) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter json = new(stream, Indented);
        write(json);
    });

    private static void WriteTokenizer(Utf8JsonWriter json, TokenizerDescription tokenizer)
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        foreach (AddedToken token in tokenizer.AddedTokens) WriteAddedToken(json, token);
        json.WriteEndArray();
        WritePart(json, "normalizer", tokenizer.Normalizer);
        WritePart(json, "pre_tokenizer", tokenizer.PreTokenizer);
        WritePart(json, "post_processor", tokenizer.PostProcessor);
        WritePart(json, "decoder", tokenizer.Decoder);
        json.WriteStartObject("model");
        tokenizer.WriteModel(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, string name, JsonNode? part)
    {
        json.WritePropertyName(name);
        if (part is null) json.WriteNullValue();
        else part.WriteTo(json);
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

    private static void WriteConfig(Utf8JsonWriter json, TokenizerDescription tokenizer, int modelMaxLength)
    {
        json.WriteStartObject();
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        foreach ((string role, string token) in tokenizer.Roles) json.WriteString(role, token);
        json.WriteNumber("model_max_length", modelMaxLength);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteBoolean("add_prefix_space", false);
        json.WriteEndObject();
    }
}
