using System.Text.Json;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// Reads a Hugging Face tokenizer.json: byte-level BPE with the GPT-2 pattern or <see cref="WordPattern.Words"/>. What
/// else a file asks for is named in the error.
/// </summary>
public static class TokenizerFile
{
    private static readonly string[] BeginNames = [SpecialTokens.Begin, "<s>", "<|begin_of_text|>", "<|endoftext|>"];
    private static readonly string[] EndNames = [SpecialTokens.End, "</s>", "<|end_of_text|>", "<|endoftext|>"];
    private static readonly string[] PadNames = [SpecialTokens.Pad, "[PAD]", "<|endoftext|>"];

    /// <summary>Reads a tokenizer.json, or the one in a folder; roles of special tokens come from tokenizer_config.json beside it.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or asks for what is not supported.</exception>
    public static ByteLevelBpeTokenizer Load(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, HuggingFaceTokenizer.TokenizerName) : path;
        try
        {
            return Read(file);
        }
        catch (InvalidOperationException e)
        {
            throw new InputException("the file has text that is not valid Unicode", file, "fetch or write it again", e);
        }
    }

    private static ByteLevelBpeTokenizer Read(string file)
    {
        TokenizerJson source = TokenizerJson.Read(file);
        WordPattern pattern = ReadPattern(source);
        RequirePlain(source);
        (byte[]?[] tokens, List<AddedToken> added, Dictionary<string, int> ids) = ReadVocabulary(source);
        List<BpeMerge> merges = ReadMerges(source, ids);

        string configPath = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, HuggingFaceTokenizer.ConfigName);
        TokenizerJson? config = File.Exists(configPath) ? TokenizerJson.Read(configPath) : null;
        int textVocabularySize = TextVocabularySize(tokens.Length, added);
        BpeModel model = new(tokens, merges, added, pattern, textVocabularySize)
        {
            BeginId = Role(config, "bos_token", BeginNames, ids),
            EndId = Role(config, "eos_token", EndNames, ids),
            PadId = Role(config, "pad_token", PadNames, ids),
        };
        if (model.ByteIds.IndexOf(-1) is int missing and >= 0)
            throw source.Error($"the vocabulary has no token for the byte 0x{missing:X2}", "byte-level BPE needs all 256");
        return new ByteLevelBpeTokenizer(model);
    }

    private static WordPattern ReadPattern(TokenizerJson source)
    {
        JsonElement step = source.Root("pre_tokenizer");
        if (TokenizerJson.Type(step) == "ByteLevel")
        {
            RequireNoPrefix(source, step);
            return TokenizerJson.Flag(step, "use_regex", true) ? WordPattern.Gpt2 : throw source.Unsupported("a ByteLevel pre-tokenizer without a pattern");
        }
        if (TokenizerJson.Type(step) != "Sequence") throw source.Unsupported($"the pre-tokenizer {TokenizerJson.Describe(step)}");
        JsonElement[] steps = [.. TokenizerJson.Items(step, "pretokenizers")];
        if (steps.Length != 2 || TokenizerJson.Type(steps[0]) != "Split" || TokenizerJson.Type(steps[1]) != "ByteLevel")
            throw source.Unsupported($"the sequence of pre-tokenizers {string.Join(", ", steps.Select(TokenizerJson.Describe))}");
        RequireNoPrefix(source, steps[1]);
        string? regex = TokenizerJson.Text(TokenizerJson.Member(steps[0], "pattern"), "Regex");
        bool isolated = TokenizerJson.Text(steps[0], "behavior") == "Isolated" && !TokenizerJson.Flag(steps[0], "invert", false);
        if (!isolated || TokenizerJson.Flag(steps[1], "use_regex", true)) throw source.Unsupported("a Split that is not Isolated, or followed by a second pattern");
        return regex == WordPattern.Words.Regex ? WordPattern.Words
            : regex == WordPattern.Gpt2.Regex ? WordPattern.Gpt2
            : throw source.Unsupported($"the Split pattern {regex ?? "without Regex"}");
    }

    private static void RequireNoPrefix(TokenizerJson source, JsonElement byteLevel)
    {
        if (TokenizerJson.Flag(byteLevel, "add_prefix_space", true)) throw source.Unsupported("ByteLevel with add_prefix_space");
    }

    private static void RequirePlain(TokenizerJson source)
    {
        if (source.Root("normalizer") is { ValueKind: JsonValueKind.Object } normalizer) throw source.Unsupported($"the normalizer {TokenizerJson.Describe(normalizer)}");
        JsonElement postProcessor = source.Root("post_processor");
        // ByteLevel as a post-processor trims offsets only.
        if (postProcessor.ValueKind == JsonValueKind.Object && TokenizerJson.Type(postProcessor) != "ByteLevel")
            throw source.Unsupported($"the post-processor {TokenizerJson.Describe(postProcessor)}");
        if (TokenizerJson.Type(source.Root("decoder")) != "ByteLevel") throw source.Unsupported($"the decoder {TokenizerJson.Describe(source.Root("decoder"))}");
        JsonElement model = source.Root("model");
        if (model.ValueKind != JsonValueKind.Object) throw source.Error("there is no \"model\"", "expected the tokenizer.json of Hugging Face tokenizers");
        if ((TokenizerJson.Type(model) ?? "BPE") != "BPE") throw source.Unsupported($"the model {TokenizerJson.Describe(model)}");
        foreach (string key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
            if (!string.IsNullOrEmpty(TokenizerJson.Text(model, key))) throw source.Unsupported($"model.{key}");
        foreach (string key in (string[])["byte_fallback", "ignore_merges"])
            if (TokenizerJson.Flag(model, key, false)) throw source.Unsupported($"model.{key}");
        if (TokenizerJson.Member(model, "dropout") is { ValueKind: JsonValueKind.Number } dropout && dropout.GetDouble() != 0) throw source.Unsupported("model.dropout");
    }

    private static (byte[]?[] Tokens, List<AddedToken> Added, Dictionary<string, int> Ids) ReadVocabulary(TokenizerJson source)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        Dictionary<int, string> byId = [];
        JsonElement vocabulary = TokenizerJson.Member(source.Root("model"), "vocab");
        if (vocabulary.ValueKind != JsonValueKind.Object) throw source.Error("there is no \"model.vocab\"", "expected an object of tokens and ids");
        foreach (JsonProperty entry in vocabulary.EnumerateObject())
        {
            int id = source.Id(entry.Value, entry.Name);
            if (!ids.TryAdd(entry.Name, id)) throw source.Error($"the token \"{entry.Name}\" is in the vocabulary twice", "each token has one id");
            if (!byId.TryAdd(id, entry.Name)) throw source.Error($"the tokens \"{byId[id]}\" and \"{entry.Name}\" both have the id {id}", "each id has one token");
        }
        List<AddedToken> added = ReadAddedTokens(source, ids, byId);
        if (byId.Count == 0) throw source.Error("the vocabulary is empty", "expected the 256 bytes at least");

        byte[]?[] tokens = new byte[]?[byId.Keys.Max() + 1];
        foreach ((int id, string token) in byId) tokens[id] = ByteAlphabet.TryRead(token, out byte[]? bytes) ? bytes : System.Text.Encoding.UTF8.GetBytes(token);
        foreach (AddedToken token in added) tokens[token.Id] = null;
        return (tokens, added, ids);
    }

    private static List<AddedToken> ReadAddedTokens(TokenizerJson source, Dictionary<string, int> ids, Dictionary<int, string> byId)
    {
        List<AddedToken> added = [];
        HashSet<int> seen = [];
        foreach (JsonElement entry in TokenizerJson.Items(source.Document, "added_tokens"))
        {
            string? content = TokenizerJson.Text(entry, "content");
            if (string.IsNullOrEmpty(content)) throw source.Error("an added token has no content", "each needs an id and a content");
            int id = source.Id(TokenizerJson.Member(entry, "id"), content);
            foreach (string flag in (string[])["single_word", "lstrip", "rstrip"])
                if (TokenizerJson.Flag(entry, flag, false)) throw source.Unsupported($"{flag} of the added token \"{content}\"");
            if (!seen.Add(id)) throw source.Error($"two added tokens have the id {id}", "each id has one token");
            if (ids.TryGetValue(content, out int known) ? known != id : byId.ContainsKey(id))
                throw source.Error($"the added token \"{content}\" and the vocabulary disagree about the id {id}", "each id has one token");
            ids[content] = id;
            byId[id] = content;
            added.Add(new AddedToken(id, content, TokenizerJson.Flag(entry, "special", false)));
        }
        return added;
    }

    private static List<BpeMerge> ReadMerges(TokenizerJson source, Dictionary<string, int> ids)
    {
        List<BpeMerge> merges = [];
        foreach (JsonElement entry in TokenizerJson.Items(source.Root("model"), "merges"))
        {
            (string left, string right) = TokenizerJson.MergeParts(entry) ?? throw source.Error($"merge {merges.Count} is not two tokens", "expected \"a b\" or [\"a\", \"b\"]");
            merges.Add(new BpeMerge(Known(left), Known(right), Known(left + right)));
        }
        return merges;

        int Known(string token) => ids.TryGetValue(token, out int id) ? id
            : throw source.Error($"merge {merges.Count} names the token \"{token}\", which the vocabulary lacks", "the file is damaged or edited by hand");
    }

    /// <summary>Language tags at the end of the ids are given, never predicted; all other ids are text vocabulary.</summary>
    private static int TextVocabularySize(int size, List<AddedToken> added)
    {
        HashSet<int> tags = [.. added.Where(token => SpecialTokens.LanguageOfTag(token.Content) is not null).Select(token => token.Id)];
        while (tags.Contains(size - 1)) size--;
        return size;
    }

    private static int Role(TokenizerJson? config, string key, string[] usual, Dictionary<string, int> ids)
    {
        if (config is not null)
        {
            JsonElement role = TokenizerJson.Member(config.Document, key);
            string? token = role.ValueKind == JsonValueKind.String ? role.GetString() : TokenizerJson.Text(role, "content");
            if (token is null) return -1;
            return ids.TryGetValue(token, out int id) ? id : throw config.Error($"{key} is \"{token}\", which the tokenizer lacks", "expected a token of tokenizer.json");
        }
        foreach (string token in usual)
            if (ids.TryGetValue(token, out int id)) return id;
        return -1;
    }
}
