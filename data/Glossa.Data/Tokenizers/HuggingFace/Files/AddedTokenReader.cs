using System.Text.Json;
using Glossa.Data.Tokenizers.HuggingFace.Models;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>Reads the "added_tokens" of a tokenizer.json.</summary>
internal static class AddedTokenReader
{
    /// <summary>
    /// Reads the tokens. As in the Rust library, one that the model has as well keeps the model's id, and the others follow the
    /// model's entries in the file's order, whatever ids the file gives them.
    /// </summary>
    public static List<AddedTokenRule> Read(TokenizerJson source, ModelVocabulary vocabulary)
    {
        List<AddedTokenRule> tokens = [];
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        int next = vocabulary.Entries;
        foreach (JsonElement entry in TokenizerJson.Items(source.Document, "added_tokens"))
        {
            string? content = TokenizerJson.Text(entry, "content");
            if (content is null) throw source.Error("an added token has no content", "each needs an id and a content");
            if (content.Length == 0) continue;
            bool special = TokenizerJson.Flag(entry, "special", false);
            source.Id(TokenizerJson.Member(entry, "id"), content);
            int known = places.GetValueOrDefault(content, -1), id = known >= 0 ? tokens[known].Id : vocabulary.Id(content);
            AddedTokenRule token = new(id >= 0 ? id : next++, content)
            {
                // What was special once stays special.
                IsSpecial = special || (known >= 0 && tokens[known].IsSpecial),
                SingleWord = TokenizerJson.Flag(entry, "single_word", false),
                StripLeft = TokenizerJson.Flag(entry, "lstrip", false),
                StripRight = TokenizerJson.Flag(entry, "rstrip", false),
                Normalized = TokenizerJson.Flag(entry, "normalized", !special),
            };
            if (known >= 0)
            {
                tokens[known] = token;
                continue;
            }
            places.Add(content, tokens.Count);
            tokens.Add(token);
        }
        return tokens;
    }
}
