using System.Text.Json;
using Glossa.Data.Tokenizers.HuggingFace.Models;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>Reads the "model" of a tokenizer.json.</summary>
internal static class ModelReader
{
    private const int MostCharactersOfWord = 100;

    /// <summary>Reads a model.</summary>
    public static ITokenModel Read(TokenizerJson source)
    {
        JsonElement part = source.Root("model");
        if (part.ValueKind != JsonValueKind.Object) throw source.Error("there is no \"model\"", "expected the tokenizer.json of Hugging Face tokenizers");
        return (TokenizerJson.Type(part) ?? GuessType(part)) switch
        {
            "BPE" => ReadBytePair(source, part),
            "WordPiece" => ReadWordPiece(source, part),
            "Unigram" => ReadUnigram(source, part),
            "WordLevel" => ReadWordLevel(source, part),
            _ => throw source.UnsupportedPart($"the model {TokenizerJson.Describe(part)}"),
        };
    }

    /// <summary>Older files do not name the model.</summary>
    private static string GuessType(JsonElement part)
    {
        if (TokenizerJson.Member(part, "merges").IsThere()) return "BPE";
        if (TokenizerJson.Member(part, "vocab").ValueKind == JsonValueKind.Array) return "Unigram";
        return TokenizerJson.Member(part, "max_input_chars_per_word").IsThere() ? "WordPiece" : "WordLevel";
    }

    private static WordPieceModel ReadWordPiece(TokenizerJson source, JsonElement part)
    {
        ModelVocabulary vocabulary = ReadVocabulary(source, part);
        string unknown = TokenizerJson.Text(part, "unk_token") ?? "[UNK]";
        int id = vocabulary.Id(unknown);
        if (id < 0) throw source.Error($"the vocabulary lacks the unknown token \"{unknown}\"", "WordPiece needs one");
        return new WordPieceModel(vocabulary, id, TokenizerJson.Text(part, "continuing_subword_prefix") ?? "##",
            source.Number(part, "max_input_chars_per_word", MostCharactersOfWord));
    }

    private static WordLevelModel ReadWordLevel(TokenizerJson source, JsonElement part)
    {
        ModelVocabulary vocabulary = ReadVocabulary(source, part);
        string unknown = TokenizerJson.Text(part, "unk_token") ?? "<unk>";
        return new WordLevelModel(vocabulary, vocabulary.Id(unknown), unknown);
    }

    private static UnigramModel ReadUnigram(TokenizerJson source, JsonElement part)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        List<double> scores = [];
        List<string> tokens = [];
        foreach (JsonElement entry in TokenizerJson.Items(part, "vocab"))
        {
            JsonElement[] pair = entry.ValueKind == JsonValueKind.Array ? [.. entry.EnumerateArray()] : [];
            if (pair is not [{ ValueKind: JsonValueKind.String }, { ValueKind: JsonValueKind.Number }] || !pair[1].TryGetDouble(out double score) || !double.IsFinite(score))
                throw source.Error($"entry {scores.Count} of model.vocab is no token with a score", "expected [\"token\", -1.5]");
            tokens.Add(pair[0].GetString()!);
            ids[tokens[^1]] = scores.Count;
            scores.Add(score);
        }
        JsonElement unknown = TokenizerJson.Member(part, "unk_id");
        int id = -1;
        if (unknown.IsThere() && (!unknown.TryGetWhole(out id) || id < 0 || id >= scores.Count))
            throw source.Error($"unk_id is {unknown.GetRawText()}, which the vocabulary of {scores.Count} tokens lacks", "expected the id of the unknown token");
        return new UnigramModel(new ModelVocabulary(ids, tokens), [.. scores], id, TokenizerJson.Flag(part, "byte_fallback", false));
    }

    private static BytePairModel ReadBytePair(TokenizerJson source, JsonElement part)
    {
        if (TokenizerJson.Member(part, "dropout") is { ValueKind: JsonValueKind.Number } dropout && dropout.GetDouble() != 0)
            throw source.UnsupportedPart("model.dropout, which makes ids random,");
        ModelVocabulary vocabulary = ReadVocabulary(source, part);
        string? unknown = TokenizerJson.Text(part, "unk_token");
        BytePairOptions options = new()
        {
            Unknown = string.IsNullOrEmpty(unknown) ? -1 : vocabulary.Id(unknown),
            FuseUnknown = TokenizerJson.Flag(part, "fuse_unk", false),
            ByteFallback = TokenizerJson.Flag(part, "byte_fallback", false),
            IgnoreMerges = TokenizerJson.Flag(part, "ignore_merges", false),
            ContinuingPrefix = TokenizerJson.Text(part, "continuing_subword_prefix") ?? "",
            EndSuffix = TokenizerJson.Text(part, "end_of_word_suffix") ?? "",
        };
        return new BytePairModel(vocabulary, ReadMerges(source, part, vocabulary, options.ContinuingPrefix.Length), options);
    }

    private static BpeMerge[] ReadMerges(TokenizerJson source, JsonElement part, ModelVocabulary vocabulary, int prefixLength)
    {
        List<BpeMerge> merges = [];
        foreach (JsonElement entry in TokenizerJson.Items(part, "merges"))
        {
            (string left, string right) = TokenizerJson.MergeParts(entry) ?? throw source.Error($"merge {merges.Count} is not two tokens", "expected \"a b\" or [\"a\", \"b\"]");
            merges.Add(new BpeMerge(Known(left), Known(right), Known(left + right[Math.Min(prefixLength, right.Length)..])));
        }
        // Of two rules for one pair the later counts.
        HashSet<(int, int)> seen = [];
        return [.. merges.AsEnumerable().Reverse().Where(merge => seen.Add((merge.Left, merge.Right))).Reverse()];

        int Known(string token) => vocabulary.Id(token) is int id and >= 0 ? id
            : throw source.Error($"merge {merges.Count} names the token \"{token}\", which the vocabulary lacks", "the file is damaged or edited by hand");
    }

    private static ModelVocabulary ReadVocabulary(TokenizerJson source, JsonElement part)
    {
        JsonElement vocabulary = TokenizerJson.Member(part, "vocab");
        if (vocabulary.ValueKind != JsonValueKind.Object) throw source.Error("there is no \"model.vocab\"", "expected an object of tokens and ids");
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        Dictionary<int, string> tokens = [];
        foreach (JsonProperty entry in vocabulary.EnumerateObject())
        {
            int id = source.Id(entry.Value, entry.Name);
            if (!ids.TryAdd(entry.Name, id)) throw source.Error($"the token \"{entry.Name}\" is in the vocabulary twice", "each token has one id");
            if (!tokens.TryAdd(id, entry.Name)) throw source.Error($"the tokens \"{tokens[id]}\" and \"{entry.Name}\" both have the id {id}", "each id has one token");
        }
        return new ModelVocabulary(ids);
    }
}
