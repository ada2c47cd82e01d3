using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>What tokenizer_config.json, special_tokens_map.json and added_tokens.json say of a tokenizer without tokenizer.json.</summary>
internal sealed class ClassicConfig
{
    private static readonly string[] Roles = ["unk_token", "cls_token", "sep_token", "pad_token", "mask_token", "bos_token", "eos_token"];
    private static readonly string[] UsualNames = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "<s>", "</s>", "<pad>", "<unk>", "<mask>", "<|endoftext|>", SpecialTokens.Begin, SpecialTokens.End];

    private readonly JsonElement _config;
    private readonly JsonElement _map;
    private readonly JsonElement _added;

    private ClassicConfig(string folder)
    {
        (_config, _map, _added) = (Part(HuggingFaceTokenizer.ConfigName), Part(TokenRoleReader.MapName), Part("added_tokens.json"));
        Exists = _config.ValueKind != JsonValueKind.Undefined;

        JsonElement Part(string name) => File.Exists(Path.Combine(folder, name)) ? TokenizerJson.Read(Path.Combine(folder, name)).Document : default;
    }

    /// <summary>Whether there is a tokenizer_config.json.</summary>
    public bool Exists { get; }

    /// <summary>The tokenizer's class without "Fast"; null where nothing names it.</summary>
    public string? Class => TokenizerJson.Text(_config, "tokenizer_class") is { } name ? name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name : null;

    /// <summary>Reads the files of a folder; all may be missing.</summary>
    public static ClassicConfig Read(string folder) => new(folder);

    /// <summary>The error for a class whose tokenizer is not known from its vocabulary alone.</summary>
    public InputException UnknownClass(string file) => new($"the tokenizer_class \"{Class}\" is not supported without tokenizer.json", file, "save the tokenizer in its fast form (tokenizer.json) into the folder");

    /// <summary>A setting that is true or false.</summary>
    public bool Flag(string key, bool otherwise) => TokenizerJson.Flag(_config, key, otherwise);

    /// <summary>A setting that may be null.</summary>
    public bool? MaybeFlag(string key) => TokenizerJson.Member(_config, key).ValueKind is JsonValueKind.True or JsonValueKind.False ? Flag(key, false) : null;

    /// <summary>The token of a role, or null.</summary>
    public string? Role(string key) => Name(TokenizerJson.Member(_config, key)) ?? Name(TokenizerJson.Member(_map, key));

    /// <summary>The added tokens in the form of a tokenizer.json: those of the files, and special tokens by role or, without any, by their usual names.</summary>
    /// <param name="idOf">The id of a token of the vocabulary, or null.</param>
    public JsonArray AddedTokens(Func<string, int?> idOf)
    {
        SortedDictionary<int, JsonObject> tokens = [];
        if (TokenizerJson.Member(_config, "added_tokens_decoder") is { ValueKind: JsonValueKind.Object } listed)
        {
            foreach (JsonProperty entry in listed.EnumerateObject())
                if (int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && Name(entry.Value) is { } content) Add(id, content, entry.Value, isSpecial: false);
        }
        if (_added.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty entry in _added.EnumerateObject())
                if (entry.Value.TryGetWhole(out int id)) Add(id, entry.Name, default, isSpecial: Roles.Any(role => Role(role) == entry.Name));
        }
        bool hasRoles = Roles.Any(role => Role(role) is not null);
        foreach (string name in hasRoles ? Roles.Select(Role).OfType<string>() : UsualNames)
            if (idOf(name) is int id) Add(id, name, default, isSpecial: true);
        return [.. tokens.Values];

        void Add(int id, string content, JsonElement flags, bool isSpecial)
        {
            bool special = TokenizerJson.Flag(flags, "special", isSpecial);
            tokens.TryAdd(id, new JsonObject
            {
                ["id"] = id,
                ["content"] = content,
                ["single_word"] = TokenizerJson.Flag(flags, "single_word", false),
                ["lstrip"] = TokenizerJson.Flag(flags, "lstrip", false),
                ["rstrip"] = TokenizerJson.Flag(flags, "rstrip", false),
                ["normalized"] = TokenizerJson.Flag(flags, "normalized", !special),
                ["special"] = special,
            });
        }
    }

    private static string? Name(JsonElement role) => role.ValueKind == JsonValueKind.String ? role.GetString() : TokenizerJson.Text(role, "content");
}
