using System.Text.Json;
using System.Text.Json.Nodes;

namespace Glossa.Data.Tokenizers.Writing;

/// <summary>What the files of a tokenizer say, but for its vocabulary in the forms that Hugging Face's clients read.</summary>
internal sealed record TokenizerDescription
{
    /// <summary>Special tokens and language tags.</summary>
    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    /// <summary>The part that writes text anew; null for none.</summary>
    public JsonNode? Normalizer { get; init; }

    /// <summary>The part that cuts text; null for none.</summary>
    public JsonNode? PreTokenizer { get; init; }

    /// <summary>The part that adds special tokens; null for none.</summary>
    public JsonNode? PostProcessor { get; init; }

    /// <summary>The part that turns tokens into text; null for none.</summary>
    public JsonNode? Decoder { get; init; }

    /// <summary>Writes the members of the model.</summary>
    public required Action<Utf8JsonWriter> WriteModel { get; init; }

    /// <summary>The special tokens by their role in tokenizer_config.json.</summary>
    public required IReadOnlyList<(string Role, string Token)> Roles { get; init; }
}
