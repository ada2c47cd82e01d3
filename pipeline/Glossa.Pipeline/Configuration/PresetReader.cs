using System.Reflection;

namespace Glossa.Pipeline.Configuration;

/// <summary>The presets under models/presets, which are embedded in this library.</summary>
public static class PresetReader
{
    private const string Prefix = "Glossa.Presets.";
    private const string Ending = ".yaml";

    /// <summary>Names of all presets.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Library.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..^Ending.Length]).Order(StringComparer.Ordinal)];

    private static Assembly Library => typeof(PresetReader).Assembly;

    /// <summary>Reads a preset.</summary>
    /// <exception cref="InputException">There is none of that name.</exception>
    public static PresetConfig Load(string name)
    {
        if (!Names.Contains(name)) throw new InputException($"unknown preset '{name}' in model.preset", fix: NearestName.Advice(name, Names));
        using Stream stream = Library.GetManifestResourceStream(Prefix + name + Ending)!;
        using StreamReader reader = new(stream);
        ConfigMapping tree = YamlTree.ReadText(reader.ReadToEnd(), $"the preset {name}", Directory.GetCurrentDirectory());
        return (PresetConfig)ConfigBinder.BindSection(tree, typeof(PresetConfig), "");
    }
}
