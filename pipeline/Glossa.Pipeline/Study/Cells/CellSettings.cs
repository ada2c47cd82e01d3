using System.Globalization;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Study.Cells;

/// <summary>
/// What a cell's figures depend on, as keys and values: the run's settings without those that change its speed or
/// its files only, the content of the files it reads, and the versions of its stages. The number of threads is not
/// among them: it moves the last bits, and stands in the results.
/// </summary>
internal static class CellSettings
{
    private const string StagePrefix = "stage ";
    private const string FilePrefix = "file ";

    private static readonly string[] Irrelevant =
        ["corpus.path", "engine.threads", "engine.checkpointSeconds", "export.*", "evaluation.split", "evaluation.afterEachPhase", "evaluation.baseline"];

    /// <summary>The settings of a cell, in ordinal order of their keys.</summary>
    /// <param name="config">The run's configuration.</param>
    /// <param name="stages">The stages that it passes.</param>
    /// <param name="hash">Gives the hash of an input file.</param>
    public static SortedDictionary<string, string> Of(RunConfig config, IReadOnlyList<IStage> stages, Func<InputFile, string> hash)
    {
        SortedDictionary<string, string> settings = new(StringComparer.Ordinal);
        stages = [.. stages.Where(stage => stage.IsNeeded(config))];
        InputFile[] files = [.. stages.SelectMany(stage => stage.SelectFiles(config)).Distinct()];
        foreach ((string key, string value) in Flatten(ConfigWriter.ToNode(config), ""))
        {
            // A file counts by its content, not by where it lies.
            if (!Irrelevant.Any(pattern => NamePattern.Matches(pattern, key)) && !files.Any(file => IsPathTo(value, file.Path))) settings[key] = value;
        }
        // Add, not set: two files of one name would be one setting.
        foreach (InputFile file in files) settings.Add(FilePrefix + file.Name, hash(file));
        foreach (IStage stage in stages)
        {
            settings[StagePrefix + stage.Name] = stage.Version.ToString(CultureInfo.InvariantCulture);
            // The scoring's settings come from the study and stand in no run configuration.
            if (stage is ScoreStage { BytesPerLanguage: long bytes }) settings["scoredBytesPerLanguage"] = bytes.ToString(CultureInfo.InvariantCulture);
        }
        return settings;
    }

    /// <summary>A short name for settings; equal ones have equal names.</summary>
    public static string Key(IReadOnlyDictionary<string, string> settings) =>
        ContentHash.OfParts(settings.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => new[] { entry.Key, entry.Value }))[..16];

    /// <summary>
    /// The first key in which a finished cell differs from what is wanted now, or null. A setting that did not exist
    /// when the cell was run counts as its default, which by this project's rules changes nothing.
    /// </summary>
    public static string? Difference(IReadOnlyDictionary<string, string> finished, IReadOnlyDictionary<string, string> wanted) =>
        finished.Keys.Union(wanted.Keys).Order(StringComparer.Ordinal).FirstOrDefault(key =>
            finished.TryGetValue(key, out string? before)
                ? before != wanted.GetValueOrDefault(key)
                : wanted[key] != SettingDefaults.Of(key));

    private static IEnumerable<(string Key, string Value)> Flatten(ConfigNode node, string path) => node switch
    {
        ConfigScalar scalar => [(path, scalar.Text)],
        ConfigSequence list => list.Items.Count == 0 ? [(path, "[]")] : list.Items.SelectMany((item, i) => Flatten(item, string.Create(CultureInfo.InvariantCulture, $"{path}.{i}"))),
        ConfigMapping mapping => mapping.Entries.SelectMany(entry => Flatten(entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}")),
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };

    private static bool IsPathTo(string value, string file) =>
        Path.IsPathRooted(value) && (value == file || file.StartsWith(value.TrimEnd('/') + "/", StringComparison.Ordinal));
}
