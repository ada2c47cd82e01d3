using System.Text.Json;
using System.Text.Json.Nodes;

namespace Glossa.Data.Tokenizers;

/// <summary>A JSON file of a tokenizer, with look-ups that never throw on a wrong shape and errors that name the file.</summary>
internal sealed class TokenizerJson
{
    private readonly string _path;

    private TokenizerJson(string path, JsonElement document)
    {
        _path = path;
        Document = document;
    }

    /// <summary>The file's outermost object.</summary>
    public JsonElement Document { get; }

    /// <summary>Takes what stands in another form in a file.</summary>
    public static TokenizerJson Of(string path, JsonObject content) => new(path, JsonSerializer.SerializeToElement(content));

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">The file is missing or no JSON object.</exception>
    public static TokenizerJson Read(string path)
    {
        using FileStream stream = IoFailure.OpenRead(path, "tokenizer file");
        try
        {
            using JsonDocument document = JsonDocument.Parse(stream);
            JsonElement root = document.RootElement.Clone();
            if (root.ValueKind != JsonValueKind.Object) throw new InputException("the file is no JSON object", path, "expected Hugging Face's tokenizer.json");
            return new TokenizerJson(path, root);
        }
        catch (JsonException e)
        {
            throw new InputException($"the file is damaged JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", path, "fetch or write it again", e);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ArgumentException)
        {
            throw new InputException($"the file cannot be read ({e.Message.TrimEnd('.')})", path, "fetch or write it again", e);
        }
    }

    /// <summary>A member of the outermost object; undefined where it is missing.</summary>
    public JsonElement Root(string key) => Member(Document, key);

    /// <summary>A member of an object; undefined where it is missing or <paramref name="element"/> is no object.</summary>
    public static JsonElement Member(JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out JsonElement value) ? value : default;

    /// <summary>A text member, or null.</summary>
    public static string? Text(JsonElement element, string key) => Member(element, key) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A member that is true or false, or <paramref name="otherwise"/>.</summary>
    public static bool Flag(JsonElement element, string key, bool otherwise) => Member(element, key).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => otherwise,
    };

    /// <summary>The items of an array member; none where it is missing.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement element, string key) =>
        Member(element, key) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    /// <summary>The member "type", or null.</summary>
    public static string? Type(JsonElement element) => Text(element, "type");

    /// <summary>What to call a part of the file in an error.</summary>
    public static string Describe(JsonElement element) => Type(element) is { } type ? $"\"{type}\"" : element.ValueKind is JsonValueKind.Object ? "without a type" : "(none)";

    /// <summary>The two tokens of a merge, written "a b" or ["a", "b"]; null where it is neither.</summary>
    public static (string Left, string Right)? MergeParts(JsonElement entry)
    {
        IEnumerable<string?> texts = entry.ValueKind switch
        {
            JsonValueKind.String => entry.GetString()!.Split(' '),
            JsonValueKind.Array => entry.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString() : null),
            _ => [],
        };
        string?[] parts = [.. texts];
        return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right) : null;
    }

    /// <summary>A token's id.</summary>
    /// <exception cref="InputException">It is no whole number in range.</exception>
    public int Id(JsonElement value, string token) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id is >= 0 and <= BpeModel.LargestId
            ? id
            : throw Error($"the token \"{token}\" has the id {(value.ValueKind == JsonValueKind.Undefined ? "(none)" : value.GetRawText())}", $"expected 0 to {BpeModel.LargestId}");

    /// <summary>An error about this file.</summary>
    public InputException Error(string what, string fix) => new(what, _path, fix);
}
