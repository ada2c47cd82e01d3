using System.Globalization;

namespace Glossa.Pipeline.Configuration;

/// <summary>Lays single settings with dotted keys over a configuration: those of <c>--set</c>, and those of a study's arms.</summary>
internal static class ConfigOverride
{
    /// <summary>Reads a <c>--set</c> argument.</summary>
    /// <param name="argument"><c>a.b=value</c>.</param>
    /// <exception cref="InputException">It has no such form.</exception>
    public static ConfigEntry Parse(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || Keys(argument[..equals]).Any(key => key.Length == 0))
            throw new InputException($"expected key=value, found '{argument}'", "--set", "write for example --set optimizer.clip=1");
        ConfigNode value = YamlTree.ReadValue(argument[(equals + 1)..], $"--set {argument}", Directory.GetCurrentDirectory());
        return new ConfigEntry(argument[..equals], value.Place, value);
    }

    /// <summary>Sets a value; a mapping is laid over the one that is there, anything else replaces it.</summary>
    /// <param name="tree">The configuration so far.</param>
    /// <param name="setting">A dotted key with its value.</param>
    /// <exception cref="InputException">The key has an empty part, or names a list item that is not there.</exception>
    public static ConfigMapping Apply(ConfigMapping tree, ConfigEntry setting)
    {
        string[] keys = Keys(setting.Key);
        if (keys.Any(key => key.Length == 0)) throw new InputException($"'{setting.Key}' is no key", setting.Place.ToString(), "write for example optimizer.clip");
        return (ConfigMapping)Set(tree, keys, 0, setting);
    }

    private static string[] Keys(string dotted) => [.. dotted.Split('.').Select(key => key.Trim())];

    private static ConfigNode Set(ConfigNode? node, string[] keys, int depth, ConfigEntry setting)
    {
        ConfigNode value = setting.Value;
        if (depth == keys.Length) return node is ConfigMapping lower && value is ConfigMapping upper ? lower.Under(upper) : value;
        string key = keys[depth];
        switch (node)
        {
            case ConfigSequence list:
                if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= list.Items.Count)
                {
                    throw new InputException(
                        $"'{string.Join('.', keys[..depth])}' has {list.Items.Count} items and none is '{key}'", setting.Place.ToString(),
                        "count items from 0, or set the whole list");
                }
                List<ConfigNode> items = [.. list.Items];
                items[index] = Set(items[index], keys, depth + 1, setting);
                return new ConfigSequence(list.Place, items);
            case ConfigScalar { IsNull: false }:
                throw new InputException($"'{string.Join('.', keys[..depth])}' is {node.Shown} and has no key '{key}'", setting.Place.ToString());
            default:
                ConfigMapping mapping = node as ConfigMapping ?? new ConfigMapping(setting.Place, []);
                return value.IsNull && depth == keys.Length - 1 && mapping[key] is not null
                    ? mapping.Without(key)
                    : mapping.With(new ConfigEntry(key, setting.Place, Set(mapping[key], keys, depth + 1, setting)));
        }
    }
}
