using System.Text.Json.Nodes;

namespace Glossa.Data.Tokenizers.Writing;

/// <summary>The parts of a tokenizer.json that more than one kind of tokenizer has.</summary>
internal static class JsonPart
{
    /// <summary>Steps one after the other; <paramref name="member"/> is what their list is called.</summary>
    public static JsonObject Sequence(string member, params JsonNode[] steps) => new() { ["type"] = "Sequence", [member] = new JsonArray(steps) };

    /// <summary>Cuts text into the words of a pattern.</summary>
    public static JsonObject Split(WordPattern pattern) => new()
    {
        ["type"] = "Split",
        ["pattern"] = new JsonObject { ["Regex"] = pattern.Regex },
        ["behavior"] = "Isolated",
        ["invert"] = false,
    };

    /// <summary>Writes bytes as visible characters, or reads them.</summary>
    public static JsonObject ByteLevel(bool useRegex) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = false,
        ["trim_offsets"] = true,
        ["use_regex"] = useRegex,
    };
}
