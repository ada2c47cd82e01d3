using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Staging;

/// <summary>The record in a run folder's <c>config.yaml</c> of what the run was made with.</summary>
internal static class RunProvenance
{
    /// <summary>The layout of run folders and stores; raise it when an older run folder can no longer be read.</summary>
    public const int Format = 1;

    private const string FormatKey = "format";

    /// <summary>Glossa's version, with <c>+</c> and the source's commit where the build knows it.</summary>
    public static string FullVersion { get; } =
        typeof(RunProvenance).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Glossa's version.</summary>
    public static string Version { get; } = FullVersion.Split('+')[0];

    /// <summary>Writes the resolved configuration, the versions and the hashes of the inputs, where they changed.</summary>
    public static void WriteConfig(string path, RunConfig config, IReadOnlyDictionary<InputFile, string> files)
    {
        SortedDictionary<string, string> provenance = new(StringComparer.Ordinal)
        {
            [FormatKey] = Format.ToString(CultureInfo.InvariantCulture),
            ["glossa"] = Version,
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["system"] = RuntimeInformation.RuntimeIdentifier,
        };
        foreach ((InputFile file, string hash) in files) provenance["sha256 of " + file.Name] = hash;
        string text = ConfigWriter.Write(config, provenance);
        if (!File.Exists(path) || File.ReadAllText(path) != text) AtomicFile.WriteText(path, text);
    }

    /// <summary>Refuses a run folder whose layout is not this version's.</summary>
    /// <exception cref="InputException">It is of another version, or its configuration is damaged.</exception>
    public static void RefuseOtherFormat(string path)
    {
        if (!File.Exists(path)) return;
        string? format = ConfigReader.Provenance(path)?.GetValueOrDefault(FormatKey);
        if (format == Format.ToString(CultureInfo.InvariantCulture)) return;
        throw new InputException(
            format is null ? "the run folder's configuration does not say its format" : $"the run folder has format {format}, this version of glossa writes {Format}",
            path, "name a new folder with --out, or delete this one");
    }
}
