using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Glossa.Pipeline.Configuration;

/// <summary>Writes configurations as YAML that reads back as an equal record.</summary>
public static class ConfigWriter
{
    /// <summary>The YAML of a configuration; settings that are not set are left out.</summary>
    /// <param name="config">All settings.</param>
    /// <param name="provenance">How the run came about; written for people and ignored when read again.</param>
    public static string Write(RunConfig config, IReadOnlyDictionary<string, string>? provenance = null)
    {
        StringBuilder yaml = new();
        WriteMapping(yaml, (ConfigMapping)ToNode(config), 0);
        if (provenance is not null)
        {
            yaml.Append("provenance:\n");
            foreach ((string key, string value) in provenance.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                yaml.Append("  ").Append(Quote(key)).Append(": ").Append(Quote(value)).Append('\n');
        }
        return yaml.ToString();
    }

    /// <summary>A record, list or value as a node.</summary>
    internal static ConfigNode ToNode(object value) => value switch
    {
        string text => new ConfigScalar(ConfigPlace.Default, text, Quoted: true),
        bool truth => new ConfigScalar(ConfigPlace.Default, truth ? "true" : "false"),
        Enum word => new ConfigScalar(ConfigPlace.Default, ConfigSchema.Word(word)),
        double number => new ConfigScalar(ConfigPlace.Default, number.ToString("R", CultureInfo.InvariantCulture)),
        IFormattable number => new ConfigScalar(ConfigPlace.Default, number.ToString(null, CultureInfo.InvariantCulture)),
        ValueMap<double> map => Mapping(map.Select(entry => (entry.Key, (object?)entry.Value))),
        IEnumerable items => new ConfigSequence(ConfigPlace.Default, [.. items.Cast<object>().Select(ToNode)]),
        _ => Mapping(ConfigSchema.Settings(value.GetType()).Select(setting => (ConfigSchema.Key(setting), setting.GetValue(value)))),
    };

    private static ConfigMapping Mapping(IEnumerable<(string Key, object? Value)> entries) => new(
        ConfigPlace.Default,
        [.. entries.Where(entry => entry.Value is not null).Select(entry => new ConfigEntry(entry.Key, ConfigPlace.Default, ToNode(entry.Value!)))]);

    private static void WriteMapping(StringBuilder yaml, ConfigMapping mapping, int indent)
    {
        foreach (ConfigEntry entry in mapping.Entries)
        {
            // A text that was never written ("no name yet") cannot be read back; the default stands for it.
            if (entry.Value is ConfigScalar { Quoted: true, Text: "" }) continue;
            yaml.Append(' ', indent).Append(Quote(entry.Key)).Append(':');
            WriteValue(yaml, entry.Value, indent);
        }
    }

    private static void WriteValue(StringBuilder yaml, ConfigNode value, int indent)
    {
        switch (value)
        {
            case ConfigScalar scalar:
                yaml.Append(' ').Append(Text(scalar)).Append('\n');
                break;
            case ConfigSequence list when list.Items.All(item => item is ConfigScalar):
                yaml.Append(" [").AppendJoin(", ", list.Items.Select(item => Text((ConfigScalar)item))).Append("]\n");
                break;
            case ConfigSequence list:
                yaml.Append('\n');
                foreach (ConfigNode item in list.Items)
                {
                    int start = yaml.Length;
                    WriteMapping(yaml, (ConfigMapping)item, indent + 4);
                    yaml[start + indent + 2] = '-';
                }
                break;
            case ConfigMapping { Entries.Count: 0 }:
                yaml.Append(" {}\n");
                break;
            case ConfigMapping inner:
                yaml.Append('\n');
                WriteMapping(yaml, inner, indent + 2);
                break;
        }
    }

    private static string Text(ConfigScalar scalar) => scalar.Quoted ? Quote(scalar.Text) : scalar.Text;

    private static string Quote(string text)
    {
        bool plain = text.Length > 0 && char.IsAsciiLetter(text[0]) && text is not ("null" or "true" or "false")
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.' or '/');
        if (plain) return text;
        StringBuilder quoted = new("\"");
        foreach (char letter in text)
        {
            if (letter is '"' or '\\') quoted.Append('\\').Append(letter);
            else if (char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF')
                quoted.Append("\\u").Append(((int)letter).ToString("X4", CultureInfo.InvariantCulture));
            else quoted.Append(letter);
        }
        return quoted.Append('"').ToString();
    }
}
