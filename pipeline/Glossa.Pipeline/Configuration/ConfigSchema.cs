using System.Collections.Concurrent;
using System.Reflection;
using System.Text;

namespace Glossa.Pipeline.Configuration;

/// <summary>How the records' names are spelled in a configuration.</summary>
internal static class ConfigSchema
{
    private static readonly ConcurrentDictionary<Type, (object Value, string Word)[]> WordsByType = [];
    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> SettingsByType = [];

    /// <summary>The YAML key of a property.</summary>
    public static string Key(PropertyInfo property) => char.ToLowerInvariant(property.Name[0]) + property.Name[1..];

    /// <summary>The settings of a section in the order of its declaration.</summary>
    public static PropertyInfo[] Settings(Type section) => SettingsByType.GetOrAdd(section, type =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is not null)]);

    /// <summary>The words of an enum with their values, in the order of the values.</summary>
    public static (object Value, string Word)[] Words(Type type) => WordsByType.GetOrAdd(type, type =>
    [
        .. type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (field.GetValue(null)!, field.GetCustomAttribute<SpelledAttribute>()?.Word ?? Kebab(field.Name))),
    ]);

    /// <summary>The word of an enum value.</summary>
    public static string Word(Enum value) => Words(value.GetType()).Single(entry => entry.Value.Equals(value)).Word;

    private static string Kebab(string name)
    {
        StringBuilder text = new();
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0) text.Append('-');
            text.Append(char.ToLowerInvariant(letter));
        }
        return text.ToString();
    }
}
