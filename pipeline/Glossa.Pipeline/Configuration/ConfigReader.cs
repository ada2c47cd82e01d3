using System.Globalization;

namespace Glossa.Pipeline.Configuration;

/// <summary>A configuration that was read.</summary>
/// <param name="Config">All settings; paths are full paths.</param>
/// <param name="Name">The file's name without its ending.</param>
public sealed record LoadedConfig(RunConfig Config, string Name);

/// <summary>
/// Reads configurations. Four layers lie over one another: the records' defaults, the file that <c>base</c> names
/// (and its own base), the file, and the <c>--set</c> arguments.
/// </summary>
public static class ConfigReader
{
    /// <summary>The word by which <c>base</c> names the embedded configuration; also its name.</summary>
    public const string DefaultName = "default";

    private const string BaseKey = "base";
    private const string ProvenanceKey = "provenance";
    private const int MostBases = 8;

    /// <summary>Reads a file, or the embedded configuration.</summary>
    /// <param name="path">A YAML file; null for the embedded one.</param>
    /// <param name="overrides">Arguments <c>a.b=value</c>, the value in YAML; list items by number, as in <c>curriculum.phases.0.tokens=1000</c>.</param>
    /// <exception cref="InputException">A file is missing or broken, a key unknown, a value out of place.</exception>
    public static LoadedConfig Load(string? path, IEnumerable<string>? overrides = null) => new(
        Resolve(Tree(path), (overrides ?? []).Select(ConfigOverride.Parse)),
        path is null ? DefaultName : Path.GetFileNameWithoutExtension(path));

    /// <summary>Reads YAML text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <param name="folder">Where relative paths start.</param>
    /// <param name="overrides">As in <see cref="Load"/>.</param>
    /// <exception cref="InputException">As in <see cref="Load"/>.</exception>
    public static RunConfig Parse(string yaml, string source = "text", string folder = ".", IEnumerable<string>? overrides = null) =>
        Resolve(Layered(YamlTree.ReadText(yaml, source, Path.GetFullPath(folder))), (overrides ?? []).Select(ConfigOverride.Parse));

    /// <summary>What a run folder's configuration says of how it came about; null where it says nothing.</summary>
    /// <exception cref="InputException">The file is broken.</exception>
    public static IReadOnlyDictionary<string, string>? Provenance(string path) =>
        (YamlTree.ReadFile(path)[ProvenanceKey] as ConfigMapping)?.Entries
            .Where(entry => entry.Value is ConfigScalar).ToDictionary(entry => entry.Key, entry => ((ConfigScalar)entry.Value).Text);

    /// <summary>A file with all that lies under it, not yet bound to types; null is the embedded configuration.</summary>
    /// <exception cref="InputException">A file is missing or broken.</exception>
    internal static ConfigMapping Tree(string? path) => Layered(path is null ? ReadEmbedded() : YamlTree.ReadFile(path));

    /// <summary>The configuration of a tree with single settings laid over it, the last one on top.</summary>
    /// <exception cref="InputException">As in <see cref="Load"/>.</exception>
    internal static RunConfig Resolve(ConfigMapping tree, IEnumerable<ConfigEntry> overrides)
    {
        foreach (ConfigEntry setting in overrides) tree = ConfigOverride.Apply(tree, setting);
        RunConfig config = (RunConfig)ConfigBinder.BindSection(tree, typeof(RunConfig), "");
        return ConfigRules.Complete(config, tree);
    }

    private static ConfigMapping Layered(ConfigMapping file) => ((ConfigMapping)ConfigWriter.ToNode(new RunConfig())).Under(WithBases(file, 0));

    private static ConfigMapping WithBases(ConfigMapping file, int depth)
    {
        ConfigMapping own = file.Without(BaseKey).Without(ProvenanceKey);
        if (file[BaseKey] is not { IsNull: false } node) return own;
        if (node is not ConfigScalar { Text: string name })
            throw new InputException($"'base' is {node.Shown}, expected the path of a configuration", node.Place.ToString());
        if (depth >= MostBases)
            throw new InputException(
                string.Create(CultureInfo.InvariantCulture, $"more than {MostBases} configurations name one another as their base"),
                node.Place.ToString(), "look for a circle");
        ConfigMapping lower = name == DefaultName ? ReadEmbedded() : YamlTree.ReadFile(Path.Combine(node.Place.Folder!, name));
        return WithBases(lower, depth + 1).Under(own);
    }

    private static ConfigMapping ReadEmbedded()
    {
        using Stream stream = typeof(ConfigReader).Assembly.GetManifestResourceStream("Glossa.Pipeline.default.yaml")
            ?? throw new InvalidOperationException("the embedded configuration is missing");
        using StreamReader reader = new(stream);
        return YamlTree.ReadText(reader.ReadToEnd(), "the embedded configuration", Directory.GetCurrentDirectory());
    }
}
