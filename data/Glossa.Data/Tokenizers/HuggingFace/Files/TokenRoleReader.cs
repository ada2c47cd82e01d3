using System.Text.Json;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>Finds the special tokens' roles in tokenizer_config.json and special_tokens_map.json; without both, by the usual names.</summary>
internal static class TokenRoleReader
{
    /// <summary>Name of the file with the roles, and nothing else.</summary>
    public const string MapName = "special_tokens_map.json";

    /// <summary>Reads the roles.</summary>
    /// <param name="folder">The folder of the files.</param>
    /// <param name="ids">Ids of all tokens.</param>
    public static TokenRoles Read(string folder, Dictionary<string, int> ids)
    {
        TokenizerJson[] files = [.. ((string[])[HuggingFaceTokenizer.ConfigName, MapName]).Select(name => Path.Combine(folder, name)).Where(File.Exists).Select(TokenizerJson.Read)];
        return new TokenRoles(
            Role("bos_token", SpecialTokens.Begin, "<s>", "<|begin_of_text|>", "<|endoftext|>"),
            Role("eos_token", SpecialTokens.End, "</s>", "<|end_of_text|>", "<|endoftext|>"),
            Role("pad_token", SpecialTokens.Pad, "[PAD]", "<|endoftext|>"),
            Role("unk_token", "[UNK]", "<unk>"),
            Role("cls_token", "[CLS]", "<s>"),
            Role("sep_token", "[SEP]", "</s>"),
            Role("mask_token", "[MASK]", "<mask>"));

        int Role(string key, params string[] usual)
        {
            IEnumerable<string?> names = files.Length == 0 ? usual : files.Select(file => Name(file.Root(key)));
            foreach (string? name in names)
                if (name is not null && ids.TryGetValue(name, out int id)) return id;
            return -1;
        }
    }

    private static string? Name(JsonElement role) => role.ValueKind == JsonValueKind.String ? role.GetString() : TokenizerJson.Text(role, "content");
}
