using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Study.Plan;

/// <summary>An arm with one combination of its grid's values.</summary>
/// <param name="Entry">The arm as written.</param>
/// <param name="Name">Its name; with a grid, followed by the values.</param>
/// <param name="Settings">Its settings, the grid's last.</param>
internal sealed record ArmVariant(ArmEntry Entry, string Name, IReadOnlyList<ConfigEntry> Settings)
{
    /// <summary>The settings as the results show them.</summary>
    public SortedDictionary<string, string> Shown { get; } = Show(Settings);

    private static SortedDictionary<string, string> Show(IReadOnlyList<ConfigEntry> settings)
    {
        SortedDictionary<string, string> shown = new(StringComparer.Ordinal);
        foreach ((string key, ConfigNode value) in settings.SelectMany(setting => Leaves(setting.Key, setting.Value)))
        {
            // A list takes the place of what was set inside of the one before.
            foreach (string inside in shown.Keys.Where(other => other.StartsWith(key + ".", StringComparison.Ordinal)).ToArray()) shown.Remove(inside);
            shown[key] = ArmGrid.Text(value);
        }
        return shown;
    }

    // A mapping is laid over what another one said of the same section, so each of its keys stands for itself.
    private static IEnumerable<(string Key, ConfigNode Value)> Leaves(string key, ConfigNode value) =>
        value is ConfigMapping { Entries.Count: > 0 } mapping ? mapping.Entries.SelectMany(entry => Leaves($"{key}.{entry.Key}", entry.Value)) : [(key, value)];
}

/// <summary>Makes arms of the combinations of a grid.</summary>
internal static class ArmGrid
{
    /// <summary>The arms of an entry, the last key's values changing fastest.</summary>
    /// <param name="entry">The arm as written.</param>
    /// <param name="own">Its settings, those of the arm that it is like first.</param>
    /// <exception cref="InputException">A key of the grid has no list of values.</exception>
    public static IEnumerable<ArmVariant> Expand(ArmEntry entry, IReadOnlyList<ConfigEntry> own)
    {
        IReadOnlyList<ConfigEntry> grid = StudyReader.Settings(entry.Grid);
        string[] labels = Labels([.. grid.Select(axis => axis.Key)]);
        IEnumerable<ConfigEntry[]> combinations = [[]];
        foreach (ConfigEntry axis in grid)
        {
            ConfigSequence values = axis.Value as ConfigSequence is { Items.Count: > 0 } list
                ? list
                : throw new InputException($"'{axis.Key}' of the grid is {axis.Value.Shown}, expected a list of values", axis.Value.Place.ToString(), "write for example [0.01, 0.02]");
            combinations = combinations.SelectMany(chosen => values.Items.Select(value => (ConfigEntry[])[.. chosen, axis with { Value = value }]));
        }
        return combinations.Select(chosen => new ArmVariant(entry, string.Join(',', [entry.Name, .. chosen.Select((value, i) => $"{labels[i]}={Text(value.Value)}")]), [.. own, .. chosen]));
    }

    /// <summary>A value on one line.</summary>
    public static string Text(ConfigNode node) => node switch
    {
        // A number reads the same with and without its underscores.
        ConfigScalar scalar => scalar.Text.All(letter => char.IsAsciiDigit(letter) || letter is '_' or '.') ? scalar.Text.Replace("_", "", StringComparison.Ordinal) : scalar.Text,
        ConfigSequence list => $"[{string.Join(", ", list.Items.Select(Text))}]",
        ConfigMapping mapping => $"{{{string.Join(", ", mapping.Entries.Select(entry => $"{entry.Key}: {Text(entry.Value)}"))}}}",
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };

    // As few of the last parts of a key as tell it from the others.
    private static string[] Labels(string[] keys) => [.. keys.Select(key =>
    {
        string[] parts = key.Split('.');
        return Enumerable.Range(1, parts.Length).Select(count => string.Join('.', parts[^count..]))
            .First(label => label == key || keys.Count(other => other == label || other.EndsWith("." + label, StringComparison.Ordinal)) == 1);
    })];
}
