using System.Globalization;

namespace Glossa.Pipeline.Configuration;

/// <summary>Lays one <c>--set</c> argument over a configuration.</summary>
internal static class ConfigOverride
{
    /// <summary>Sets the value.</summary>
    /// <param name="tree">The configuration so far.</param>
    /// <param name="argument"><c>a.b=value</c>.</param>
    /// <exception cref="InputException">It has no such form, or names a list item that is not there.</exception>
    public static ConfigMapping Apply(ConfigMapping tree, string argument)
    {
        string shown = $"--set {argument}";
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string[] keys = equals < 0 ? [] : [.. argument[..equals].Split('.').Select(key => key.Trim())];
        if (keys.Length == 0 || keys.Any(key => key.Length == 0))
            throw new InputException($"expected key=value, found '{argument}'", "--set", "write for example --set optimizer.clip=1");
        ConfigNode value = YamlTree.ReadValue(argument[(equals + 1)..], shown, Directory.GetCurrentDirectory());
        return (ConfigMapping)Set(tree, keys, 0, value);
    }

    private static ConfigNode Set(ConfigNode? node, string[] keys, int depth, ConfigNode value)
    {
        if (depth == keys.Length) return value;
        string key = keys[depth];
        switch (node)
        {
            case ConfigSequence list:
                if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= list.Items.Count)
                {
                    throw new InputException(
                        $"'{string.Join('.', keys[..depth])}' has {list.Items.Count} items and none is '{key}'", value.Place.ToString(),
                        "count items from 0, or set the whole list");
                }
                List<ConfigNode> items = [.. list.Items];
                items[index] = Set(items[index], keys, depth + 1, value);
                return new ConfigSequence(list.Place, items);
            case ConfigScalar { IsNull: false }:
                throw new InputException($"'{string.Join('.', keys[..depth])}' is {node.Shown} and has no key '{key}'", value.Place.ToString());
            default:
                ConfigMapping mapping = node as ConfigMapping ?? new ConfigMapping(value.Place, []);
                return value.IsNull && depth == keys.Length - 1 && mapping[key] is not null
                    ? mapping.Without(key)
                    : mapping.With(new ConfigEntry(key, value.Place, Set(mapping[key], keys, depth + 1, value)));
        }
    }
}
