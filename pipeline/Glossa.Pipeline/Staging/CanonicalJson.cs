using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Staging;

/// <summary>
/// JSON in which equal settings are equal bytes: keys in ordinal order, no white space, numbers in the shortest form
/// that reads back exactly. Unset (null) properties are left out, so that a new optional setting keeps old keys valid.
/// </summary>
public static class CanonicalJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON of a record, anonymous object, list, map, number, text, truth value or enum.</summary>
    /// <exception cref="ArgumentException">A number is not finite.</exception>
    public static string Of(object? value)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, Options)) Write(writer, value);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    internal static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case string text: writer.WriteStringValue(text); break;
            case bool truth: writer.WriteBooleanValue(truth); break;
            case Enum word: writer.WriteStringValue(ConfigSchema.Word(word)); break;
            case int or long or short or byte or sbyte or ushort or uint: writer.WriteNumberValue(Convert.ToInt64(value, null)); break;
            case ulong number: writer.WriteNumberValue(number); break;
            case float number: WriteNumber(writer, number); break;
            case double number: WriteNumber(writer, number); break;
            case IDictionary or IEnumerable when TryEntries(value) is { } entries: WriteObject(writer, entries); break;
            case IEnumerable items: WriteArray(writer, items); break;
            default: WriteObject(writer, Properties(value)); break;
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, double number)
    {
        if (!double.IsFinite(number)) throw new ArgumentException("settings have finite numbers only");
        // The same number may reach us as 1 or 1.0: whole numbers are written as such.
        if (number == Math.Truncate(number) && Math.Abs(number) < 1L << 53) writer.WriteNumberValue((long)number);
        else writer.WriteNumberValue(number);
    }

    private static void WriteArray(Utf8JsonWriter writer, IEnumerable items)
    {
        writer.WriteStartArray();
        foreach (object? item in items) Write(writer, item);
        writer.WriteEndArray();
    }

    private static void WriteObject(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, object?>> entries)
    {
        writer.WriteStartObject();
        foreach ((string key, object? value) in entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (value is null) continue;
            writer.WritePropertyName(key);
            Write(writer, value);
        }
        writer.WriteEndObject();
    }

    private static List<KeyValuePair<string, object?>>? TryEntries(object value)
    {
        if (value is IDictionary map)
            return [.. map.Cast<DictionaryEntry>().Select(entry => new KeyValuePair<string, object?>((string)entry.Key, entry.Value))];
        return value switch
        {
            IReadOnlyDictionary<string, double> numbers => [.. numbers.Select(entry => new KeyValuePair<string, object?>(entry.Key, entry.Value))],
            IReadOnlyDictionary<string, string> texts => [.. texts.Select(entry => new KeyValuePair<string, object?>(entry.Key, entry.Value))],
            _ => null,
        };
    }

    private static IEnumerable<KeyValuePair<string, object?>> Properties(object value) =>
        value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetIndexParameters().Length == 0)
            .Select(property => new KeyValuePair<string, object?>(ConfigSchema.Key(property), property.GetValue(value)));
}
