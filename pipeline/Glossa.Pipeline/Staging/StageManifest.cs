using System.Text.Json;
using System.Text.Json.Serialization;

namespace Glossa.Pipeline.Staging;

/// <summary>One file of a stage's output.</summary>
/// <param name="Path">Relative to the output, with <c>/</c>.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Hash">SHA-256 of its content.</param>
internal sealed record StoredFile(string Path, long Bytes, string Hash);

/// <summary>Stands beside a stored output and says what it is; without it the output does not count.</summary>
internal sealed record StageManifest(string Stage, int Version, string Key, string ContentHash, double Seconds, IReadOnlyList<StoredFile> Files);

/// <summary>The record of one stage in a run folder: <c>stages/NAME.json</c>.</summary>
internal sealed record StageFile(
    string Stage,
    int Version,
    string Key,
    JsonElement Settings,
    IReadOnlyDictionary<string, string> Inputs,
    string ContentHash,
    IReadOnlyList<StoredFile> Outputs,
    double Seconds,
    bool Cached);

/// <summary>The remembered hash of an input file.</summary>
internal sealed record RememberedHash(string Path, long Bytes, long Modified, string Hash);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StageManifest))]
[JsonSerializable(typeof(StageFile))]
[JsonSerializable(typeof(List<RememberedHash>))]
internal sealed partial class StagingJson : JsonSerializerContext;
