using System.Text.Json;
using Glossa.Data.Tokenizers.HuggingFace.Models;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>Reads the "added_tokens" of a tokenizer.json.</summary>
internal static class AddedTokenReader
{
    /// <summary>Reads the tokens; one that the model has as well keeps the model's id.</summary>
    public static List<AddedTokenRule> Read(TokenizerJson source, ModelVocabulary vocabulary)
    {
        List<AddedTokenRule> tokens = [];
        foreach (JsonElement entry in TokenizerJson.Items(source.Document, "added_tokens"))
        {
            string? content = TokenizerJson.Text(entry, "content");
            if (content is null) throw source.Error("an added token has no content", "each needs an id and a content");
            if (content.Length == 0) continue;
            bool special = TokenizerJson.Flag(entry, "special", false);
            int id = vocabulary.Id(content);
            if (id < 0) id = source.Id(TokenizerJson.Member(entry, "id"), content);
            tokens.RemoveAll(token => token.Content == content);
            tokens.Add(new AddedTokenRule(id, content)
            {
                IsSpecial = special,
                SingleWord = TokenizerJson.Flag(entry, "single_word", false),
                StripLeft = TokenizerJson.Flag(entry, "lstrip", false),
                StripRight = TokenizerJson.Flag(entry, "rstrip", false),
                Normalized = TokenizerJson.Flag(entry, "normalized", !special),
            });
        }
        return tokens;
    }
}
