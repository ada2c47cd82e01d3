using System.Text.Json;

namespace Glossa.Pipeline.Staging;

/// <summary>
/// Finished outputs by key. An output is built in a temporary folder, flushed, and renamed to its key with its
/// manifest inside: a folder under a key is always whole. Several runs may share a store.
/// </summary>
internal sealed class StageStore
{
    private const string ManifestName = "manifest.json";
    private const string OutputName = "output";

    private readonly string _root;
    private readonly string _mine;

    /// <summary>Opens a store, and clears what an earlier run of the same folder left unfinished.</summary>
    /// <param name="root">Folder of the store.</param>
    /// <param name="runFolder">The run folder, whose lock is held: nobody else builds under its name.</param>
    public StageStore(string root, string runFolder)
    {
        _root = root;
        _mine = Path.Combine(root, ".building-" + ContentHash.OfText(Path.GetFullPath(runFolder))[..16]);
        Directory.CreateDirectory(root);
        DurableFolder.Delete(_mine);
    }

    /// <summary>The folder of a key's output.</summary>
    public string Output(string key) => Path.Combine(Entry(key), OutputName);

    /// <summary>The manifest of a whole output, or null where there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="verify">Reads every file and compares its hash; otherwise the lengths have to do.</param>
    public StageManifest? Find(string key, bool verify)
    {
        string path = Path.Combine(Entry(key), ManifestName);
        if (!File.Exists(path)) return null;
        StageManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), StagingJson.Default.StageManifest);
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
        return manifest is not null && manifest.Key == key && manifest.Files.All(file => IsWhole(key, file, verify)) ? manifest : null;
    }

    /// <summary>Makes an empty folder to build an output in.</summary>
    public string Begin(string key)
    {
        string output = Path.Combine(_mine, key, OutputName);
        DurableFolder.Delete(Path.Combine(_mine, key));
        Directory.CreateDirectory(output);
        return output;
    }

    /// <summary>Makes the built output the key's; one that stands there already is replaced.</summary>
    public StageManifest Complete(IStage stage, string key, double seconds)
    {
        string building = Path.Combine(_mine, key);
        List<StoredFile> files = DurableFolder.Seal(Path.Combine(building, OutputName));
        string content = ContentHash.OfParts(files.SelectMany(file => new[] { file.Path, file.Hash }));
        StageManifest manifest = new(stage.Name, stage.Version, key, content, seconds, files);
        AtomicFile.WriteBytes(
            Path.Combine(building, ManifestName), JsonSerializer.SerializeToUtf8Bytes(manifest, StagingJson.Default.StageManifest));
        string entry = Entry(key);
        if (Directory.Exists(entry)) Directory.Move(entry, Path.Combine(_mine, key + "-old"));
        DurableFolder.Reveal(building, entry);
        Clear();
        return manifest;
    }

    /// <summary>Deletes what is unfinished.</summary>
    public void Clear() => DurableFolder.Delete(_mine);

    private string Entry(string key) => Path.Combine(_root, key);

    private bool IsWhole(string key, StoredFile file, bool verify)
    {
        FileInfo info = new(Path.Combine(Output(key), file.Path));
        return info.Exists && info.Length == file.Bytes && (!verify || ContentHash.OfFile(info.FullName) == file.Hash);
    }
}
