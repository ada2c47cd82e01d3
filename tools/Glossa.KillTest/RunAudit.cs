using System.Text.Json;

namespace Glossa.KillTest;

/// <summary>
/// Looks at a run folder as an outsider: whatever stands under a final name has to be whole, at any moment. Reads the
/// files' own records (manifest.json, stages/NAME.json), not the pipeline's code.
/// </summary>
internal static class RunAudit
{
    private const string Partial = ".partial";
    private static readonly string[] Products = ["model", "checkpoints", "report.json", "report.html", "README.md", "config.yaml"];

    /// <summary>What is wrong in a folder whose run was killed: one line each.</summary>
    public static IReadOnlyList<string> AfterKill(string folder)
    {
        List<string> faults = [];
        List<Dictionary<string, string>> models = [];
        string store = Path.Combine(folder, ".store");
        foreach (string entry in Folders(store).Where(entry => !Path.GetFileName(entry).StartsWith('.')))
        {
            Dictionary<string, string>? listed = Listed(Path.Combine(entry, "manifest.json"));
            if (listed is null) faults.Add($"{entry}: no readable manifest");
            else if (!Same(listed, Hashes(Path.Combine(entry, "output")))) faults.Add($"{entry}: the files are not those of the manifest");
            else models.Add(Below(listed, "model/"));
        }
        string model = Path.Combine(folder, "model");
        if (Directory.Exists(model) && !models.Any(whole => Same(whole, Hashes(model)))) faults.Add($"{model}: not the whole output of a finished export");
        foreach (string json in Files(folder).Where(file => file.EndsWith(".json", StringComparison.Ordinal) && !file.Contains(".building-", StringComparison.Ordinal)))
            if (!Parses(json)) faults.Add($"{json}: half-written JSON");
        return faults;
    }

    /// <summary>What is wrong in a folder whose run ended well: also anything unfinished left behind.</summary>
    public static IReadOnlyList<string> AfterEnd(string folder) =>
    [
        .. AfterKill(folder),
        .. Files(folder).Where(file => file.Contains(Partial, StringComparison.Ordinal)).Select(file => $"{file}: left behind"),
        .. Folders(Path.Combine(folder, ".store")).Where(entry => Path.GetFileName(entry).StartsWith(".building-", StringComparison.Ordinal)).Select(entry => $"{entry}: left behind"),
        .. Files(Path.Combine(folder, ".scratch")).Select(file => $"{file}: left behind"),
        .. Products.Where(name => !Path.Exists(Path.Combine(folder, name))).Select(name => $"{name}: missing"),
    ];

    /// <summary>SHA-256 of every file below a folder, by relative path.</summary>
    public static Dictionary<string, string> Hashes(string folder) =>
        Files(folder).ToDictionary(file => Path.GetRelativePath(folder, file).Replace('\\', '/'), ContentHash.OfFile);

    /// <summary>Files whose content differs, or that only one side has.</summary>
    public static IReadOnlyList<string> Differences(Dictionary<string, string> expected, Dictionary<string, string> found) =>
        [.. expected.Keys.Union(found.Keys).Where(name => expected.GetValueOrDefault(name) != found.GetValueOrDefault(name)).Order(StringComparer.Ordinal)];

    private static bool Same(Dictionary<string, string> a, Dictionary<string, string> b) => Differences(a, b).Count == 0;

    private static Dictionary<string, string> Below(Dictionary<string, string> files, string prefix) =>
        files.Where(file => file.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(file => file.Key[prefix.Length..], file => file.Value);

    private static Dictionary<string, string>? Listed(string manifest)
    {
        if (!File.Exists(manifest) || !Parses(manifest)) return null;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(manifest));
        return document.RootElement.GetProperty("files").EnumerateArray()
            .ToDictionary(file => file.GetProperty("path").GetString()!, file => file.GetProperty("hash").GetString()!);
    }

    private static bool Parses(string json)
    {
        try
        {
            JsonDocument.Parse(File.ReadAllBytes(json)).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [];

    private static IEnumerable<string> Folders(string folder) => Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : [];
}
