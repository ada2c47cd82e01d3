using System.Globalization;
using System.Reflection;

namespace Glossa.Pipeline.Configuration;

/// <summary>Makes typed records of nodes and says exactly what does not fit.</summary>
internal static class ConfigBinder
{
    /// <summary>Makes a section of a mapping; keys that are not there keep their defaults.</summary>
    /// <param name="mapping">The keys.</param>
    /// <param name="type">The record.</param>
    /// <param name="path">The section's own key, dotted; empty for the whole configuration.</param>
    /// <exception cref="InputException">A key is unknown or a value does not fit.</exception>
    public static object BindSection(ConfigMapping mapping, Type type, string path)
    {
        PropertyInfo[] settings = ConfigSchema.Settings(type);
        object section = Activator.CreateInstance(type)!;
        foreach (ConfigEntry entry in mapping.Entries)
        {
            PropertyInfo property = settings.FirstOrDefault(setting => ConfigSchema.Key(setting) == entry.Key)
                ?? throw Unknown(entry, settings, path);
            if (!entry.Value.IsNull) property.SetValue(section, Bind(entry.Value, property.PropertyType, property, Join(path, entry.Key)));
        }
        return section;
    }

    private static object Bind(ConfigNode node, Type type, PropertyInfo property, string path)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueList<>)) return BindList(node, type, property, path);
        if (type == typeof(ValueMap<double>)) return BindMap(node, property, path);
        if (type == typeof(ConfigMapping)) return node as ConfigMapping ?? throw Expected(node, path, "a mapping of settings, such as {optimizer.clip: 1}");
        if (type.IsClass && type != typeof(string))
        {
            return node is ConfigMapping mapping
                ? BindSection(mapping, type, path)
                : throw Expected(node, path, "a mapping with the keys " + string.Join(", ", ConfigSchema.Settings(type).Select(ConfigSchema.Key)));
        }
        if (node is not ConfigScalar scalar) throw Expected(node, path, Expectation(type, property));
        return BindScalar(scalar, type, property, path);
    }

    private static object BindScalar(ConfigScalar scalar, Type type, PropertyInfo property, string path)
    {
        string text = scalar.Text;
        if (type == typeof(string)) return text.Trim().Length > 0 ? text : throw Expected(scalar, path, "a text");
        if (type == typeof(bool)) return text switch { "true" => true, "false" => false, _ => throw Expected(scalar, path, "true or false") };
        if (type.IsEnum)
        {
            return ConfigSchema.Words(type).FirstOrDefault(entry => entry.Word == text).Value
                ?? throw Expected(scalar, path, Expectation(type, property), NearestName.Find(text, ConfigSchema.Words(type).Select(entry => entry.Word)));
        }
        double? number = ParseNumber(text);
        InRangeAttribute? range = property.GetCustomAttribute<InRangeAttribute>();
        if (number is not double value || value < range?.Least || value > range?.Most) throw Expected(scalar, path, Expectation(type, property));
        if (type == typeof(double)) return value;
        if (value != Math.Truncate(value)) throw Expected(scalar, path, Expectation(type, property));
        // Whole numbers above 2^53 lose digits as doubles: they are read as they stand.
        long whole = long.TryParse(text.Replace("_", ""), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long exact) ? exact
            : Math.Abs(value) < 1L << 53 ? (long)value
            : throw Expected(scalar, path, Expectation(type, property));
        if (type == typeof(long)) return whole;
        return whole is >= int.MinValue and <= int.MaxValue ? (int)whole : throw Expected(scalar, path, $"a whole number up to {int.MaxValue}");
    }

    private static object BindList(ConfigNode node, Type type, PropertyInfo property, string path)
    {
        if (node is not ConfigSequence sequence) throw Expected(node, path, "a list, such as [a, b]");
        Type item = type.GetGenericArguments()[0];
        Array items = Array.CreateInstance(item, sequence.Items.Count);
        for (int i = 0; i < items.Length; i++)
        {
            string itemPath = $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]";
            if (sequence.Items[i].IsNull) throw Expected(sequence.Items[i], itemPath, Expectation(item, property));
            items.SetValue(Bind(sequence.Items[i], item, property, itemPath), i);
        }
        return typeof(ConfigBinder).GetMethod(nameof(ToList), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(item).Invoke(null, [items])!;
    }

    private static ValueList<T> ToList<T>(T[] items) => new(items);

    private static ValueMap<double> BindMap(ConfigNode node, PropertyInfo property, string path)
    {
        IReadOnlyList<string> words = property.GetCustomAttribute<OneOfAttribute>()?.Words ?? [];
        if (node is not ConfigMapping mapping) throw Expected(node, path, $"a mapping such as {(words.Count > 0 ? words[0] : "name")}: 1");
        foreach (ConfigEntry entry in mapping.Entries.Where(entry => words.Count > 0 && !words.Contains(entry.Key)))
            throw new InputException($"unknown key '{Join(path, entry.Key)}'", entry.Place.ToString(), NearestName.Advice(entry.Key, words));
        return new ValueMap<double>(mapping.Entries.Where(entry => !entry.Value.IsNull).Select(entry => KeyValuePair.Create(
            entry.Key, (double)Bind(entry.Value, typeof(double), property, Join(path, entry.Key)))));
    }

    private static double? ParseNumber(string text)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        // 5_000_000 reads better than 5000000.
        bool plain = text.Length > 0 && !text.StartsWith('_') && !text.EndsWith('_');
        return plain && double.TryParse(text.Replace("_", ""), Style, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;
    }

    private static string Expectation(Type type, PropertyInfo property)
    {
        if (type.IsEnum) return "one of " + string.Join(", ", ConfigSchema.Words(type).Select(entry => entry.Word));
        if (type == typeof(string)) return "a text";
        if (type == typeof(bool)) return "true or false";
        if (type.IsClass) return "a mapping with the keys " + string.Join(", ", ConfigSchema.Settings(type).Select(ConfigSchema.Key));
        string kind = type == typeof(double) ? "a number" : "a whole number";
        return property.GetCustomAttribute<InRangeAttribute>() is not { } range ? kind
            : range.Most >= 1e15 ? string.Create(CultureInfo.InvariantCulture, $"{kind} of at least {range.Least}")
            : string.Create(CultureInfo.InvariantCulture, $"{kind} from {range.Least} to {range.Most}");
    }

    private static InputException Expected(ConfigNode node, string path, string expected, string? nearest = null) => new(
        $"'{path}' is {node.Shown}, expected {expected}", node.Place.ToString(), nearest is null ? null : $"did you mean '{nearest}'?");

    private static InputException Unknown(ConfigEntry entry, PropertyInfo[] settings, string path)
    {
        string[] keys = [.. settings.Select(ConfigSchema.Key)];
        string? elsewhere = ConfigSchema.Settings(typeof(RunConfig))
            .Where(section => section.PropertyType.IsClass && section.PropertyType.GetProperties().Any(setting => setting.SetMethod is not null && ConfigSchema.Key(setting) == entry.Key))
            .Select(section => Join(ConfigSchema.Key(section), entry.Key)).Order(StringComparer.Ordinal).FirstOrDefault();
        string advice = elsewhere is null ? NearestName.Advice(entry.Key, keys) : $"did you mean '{elsewhere}'?";
        return new InputException($"unknown key '{Join(path, entry.Key)}'", entry.Place.ToString(), advice);
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
