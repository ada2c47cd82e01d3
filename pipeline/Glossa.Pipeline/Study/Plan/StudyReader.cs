using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Study.Plan;

/// <summary>Reads studies. Every cell's configuration is resolved and checked before any work is done.</summary>
public static class StudyReader
{
    private const string SeedKey = "seed";

    /// <summary>Reads a study's file.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="threads">Concurrent runs of every cell; null leaves what the configurations say.</param>
    /// <exception cref="InputException">The file or one it names is missing or broken, a key unknown, a value out of place, a name used twice or not at all.</exception>
    public static StudyPlan Load(string path, int? threads = null)
    {
        ConfigMapping tree = YamlTree.ReadFile(path);
        StudyFile file = (StudyFile)ConfigBinder.BindSection(tree, typeof(StudyFile), "");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        ConfigMapping common = ConfigReader.Tree(file.Base == ConfigReader.DefaultName ? null : Path.GetFullPath(file.Base, folder));
        IReadOnlyList<ConfigEntry> set = Settings(file.Set);
        ConfigEntry[] run = threads is int count ? [Setting("engine.threads", FormattableString.Invariant($"{count}"))] : [];

        ArmVariant[] arms = [.. file.Arms.SelectMany((arm, i) => ArmGrid.Expand(arm, OwnSettings(file.Arms, i, tree, path)))];
        StudyRules.Check(file, arms, tree, path);
        List<(long Seed, int Index, StudyCell Cell)> cells = [];
        foreach (ArmVariant arm in arms)
        {
            ValueList<long> seeds = arm.Entry.Seeds.Count > 0 ? arm.Entry.Seeds : file.Seeds;
            for (int i = 0; i < seeds.Count; i++)
            {
                RunConfig config = ConfigReader.Resolve(common, [.. set.Concat(arm.Settings).Select(setting => WithSeed(setting, seeds[i])), .. run, Setting(SeedKey, FormattableString.Invariant($"{seeds[i]}"))]);
                cells.Add((seeds[i], i, new StudyCell(arm.Name, seeds[i], config, arm.Entry.Keep)));
            }
        }
        return new StudyPlan(
            file.Name ?? Path.GetFileNameWithoutExtension(path),
            [.. arms.Select(arm => new StudyArm(arm.Name, arm.Shown) { Description = arm.Entry.Description, Series = arm.Entry.Series })],
            // A study that is stopped early has whole seeds of all arms rather than all seeds of some.
            [.. cells.OrderBy(cell => cell.Index).Select(cell => cell.Cell)],
            ConfigReader.Resolve(common, [.. set, .. run]), file.Report)
        {
            ScoredBytesPerLanguage = file.ScoredBytesPerLanguage,
            Results = file.Results is null ? null : Path.GetFullPath(file.Results, folder),
        };
    }

    /// <summary>The settings of a mapping; one without keys has none.</summary>
    internal static IReadOnlyList<ConfigEntry> Settings(ConfigMapping? mapping) => mapping?.Entries ?? [];

    // Only arms above may be named, so that none can be like itself in the end.
    private static ConfigEntry[] OwnSettings(ValueList<ArmEntry> arms, int index, ConfigMapping tree, string path)
    {
        ArmEntry arm = arms[index];
        if (arm.Like is not string name) return [.. Settings(arm.Set)];
        string[] above = [.. arms.Take(index).Select(other => other.Name)];
        int model = Array.IndexOf(above, name);
        if (model < 0) throw StudyRules.Wrong(tree, path, "arms", $"arm '{arm.Name}' is like '{name}', and no arm above it is called so", NearestName.Advice(name, above));
        return [.. OwnSettings(arms, model, tree, path), .. Settings(arm.Set)];
    }

    // What an earlier study made with each seed is found by the seed.
    private static ConfigEntry WithSeed(ConfigEntry setting, long seed) => setting with { Value = WithSeed(setting.Value, seed) };

    private static ConfigNode WithSeed(ConfigNode node, long seed) => node switch
    {
        ConfigScalar scalar => scalar with { Text = scalar.Text.Replace("{seed}", FormattableString.Invariant($"{seed}"), StringComparison.Ordinal) },
        ConfigSequence list => new ConfigSequence(list.Place, [.. list.Items.Select(item => WithSeed(item, seed))]),
        ConfigMapping mapping => new ConfigMapping(mapping.Place, [.. mapping.Entries.Select(entry => WithSeed(entry, seed))]),
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };

    private static ConfigEntry Setting(string key, string value) => new(key, ConfigPlace.Default, new ConfigScalar(ConfigPlace.Default, value));
}
