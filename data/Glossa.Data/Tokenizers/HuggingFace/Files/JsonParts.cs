using System.Text.Json;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>What the readers of a tokenizer.json's parts share.</summary>
internal static class JsonParts
{
    /// <summary>A whole number in the range of <see cref="int"/>.</summary>
    public static bool TryGetWhole(this JsonElement element, out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }

    /// <summary>True for a part that is there.</summary>
    public static bool IsThere(this JsonElement element) => element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>The error for a part that exists in other readers and not here.</summary>
    public static InputException UnsupportedPart(this TokenizerJson source, string what) =>
        source.Error($"{what} is not supported", "the supported parts are named in docs/tokenizers.md");

    /// <summary>A text member that has to be there.</summary>
    public static string RequiredText(this TokenizerJson source, JsonElement part, string key) => TokenizerJson.Text(part, key)
        ?? throw source.Error($"{TokenizerJson.Describe(part)} has no \"{key}\"", "expected a text");

    /// <summary>A number member, or <paramref name="otherwise"/>.</summary>
    public static int Number(this TokenizerJson source, JsonElement part, string key, int otherwise)
    {
        JsonElement value = TokenizerJson.Member(part, key);
        if (!value.IsThere()) return otherwise;
        return value.TryGetWhole(out int number) && number >= 0 ? number
            : throw source.Error($"{TokenizerJson.Describe(part)} has \"{key}\" {value.GetRawText()}", "expected a whole number");
    }

    /// <summary>The pattern of a Split or Replace: <c>{"String": "..."}</c> or <c>{"Regex": "..."}</c>.</summary>
    public static TextPattern Pattern(this TokenizerJson source, JsonElement part)
    {
        JsonElement pattern = TokenizerJson.Member(part, "pattern");
        if (TokenizerJson.Text(pattern, "String") is { } literal) return new LiteralPattern(literal);
        string regex = TokenizerJson.Text(pattern, "Regex") ?? throw source.Error($"{TokenizerJson.Describe(part)} has no pattern", "expected {\"String\": ...} or {\"Regex\": ...}");
        try
        {
            return OnigurumaPattern.Translate(regex);
        }
        catch (FormatException e)
        {
            throw source.Error($"in {TokenizerJson.Describe(part)}: {e.Message}", "the supported expressions are named in docs/tokenizers.md");
        }
    }
}
