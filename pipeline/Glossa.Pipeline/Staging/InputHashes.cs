using System.Text.Json;

namespace Glossa.Pipeline.Staging;

/// <summary>
/// Content hashes of input files, remembered in the run folder by path, length and time of change, so that an
/// unchanged rerun does not read a large corpus again.
/// </summary>
internal sealed class InputHashes
{
    // A file changed twice within the clock's tick looks unchanged: hashes of files this fresh are not remembered.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private readonly string _store;
    private readonly Dictionary<string, RememberedHash> _known = new(StringComparer.Ordinal);

    /// <summary>Reads what is remembered.</summary>
    /// <param name="store">The file that remembers; may be missing or damaged.</param>
    public InputHashes(string store)
    {
        _store = store;
        try
        {
            if (!File.Exists(store)) return;
            foreach (RememberedHash hash in JsonSerializer.Deserialize(File.ReadAllBytes(store), StagingJson.Default.ListRememberedHash) ?? [])
                _known[hash.Path] = hash;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            _known.Clear();
        }
    }

    /// <summary>Refuses a file that cannot be read.</summary>
    /// <exception cref="InputException">It is missing, a folder, or not readable.</exception>
    public static void RequireReadable(InputFile file) => IoFailure.OpenRead(file.Path, $"{file.Name} file").Dispose();

    /// <summary>The hash of a file's content.</summary>
    /// <exception cref="InputException">The file cannot be read.</exception>
    public string Of(InputFile file)
    {
        string path = Path.GetFullPath(file.Path);
        RequireReadable(file);
        FileInfo info = new(path);
        (long bytes, long modified) = (info.Length, info.LastWriteTimeUtc.Ticks);
        if (_known.TryGetValue(path, out RememberedHash? known) && known.Bytes == bytes && known.Modified == modified) return known.Hash;
        DateTime before = DateTime.UtcNow;
        string hash = ContentHash.OfFile(path);
        if (info.LastWriteTimeUtc < before - Settled) Remember(new RememberedHash(path, bytes, modified, hash));
        return hash;
    }

    private void Remember(RememberedHash hash)
    {
        _known[hash.Path] = hash;
        List<RememberedHash> all = [.. _known.Values.OrderBy(entry => entry.Path, StringComparer.Ordinal)];
        AtomicFile.WriteBytes(_store, JsonSerializer.SerializeToUtf8Bytes(all, StagingJson.Default.ListRememberedHash));
    }
}
