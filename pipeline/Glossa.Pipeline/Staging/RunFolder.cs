using System.Globalization;

namespace Glossa.Pipeline.Staging;

/// <summary>
/// A run's folder, held against other runs while this object lives (the operating system frees it when the process
/// dies, however it dies).
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string LockName = ".lock";

    // Beside the lock and not in it, because a locked file cannot be read.
    private const string HolderName = ".lock-holder";

    private readonly FileLock _lock;

    private RunFolder(string path, FileLock hold)
    {
        Path = path;
        _lock = hold;
    }

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>Opens or makes a run folder, and clears what a killed run left in it unfinished.</summary>
    /// <exception cref="InputException">It is a file, holds something else, or another run is at work in it.</exception>
    public static RunFolder Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        if (File.Exists(full)) throw new InputException("expected a folder for the run, found a file", path, "name another one with --out");
        try
        {
            Directory.CreateDirectory(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw IoFailure.Describe(e, path);
        }
        RefuseForeign(full, path);
        FileLock hold = Lock(full, path);
        try
        {
            foreach (string left in Directory.EnumerateFiles(full, "*" + AtomicFile.TemporarySuffix, SearchOption.AllDirectories)) File.Delete(left);
            foreach (string left in Directory.EnumerateDirectories(full, "*" + AtomicFile.TemporarySuffix)) DurableFolder.Delete(left);
            return new RunFolder(full, hold);
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>A path in the folder.</summary>
    public string At(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    // Somebody's --out may point to a folder of theirs by mistake: a run never mixes its files with others.
    private static void RefuseForeign(string full, string path)
    {
        if (File.Exists(System.IO.Path.Combine(full, PipelineRunner.ConfigName))) return;
        string? foreign = Directory.EnumerateFileSystemEntries(full).Select(System.IO.Path.GetFileName)
            .Where(name => !name!.StartsWith('.') && !name.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).FirstOrDefault();
        if (foreign is not null)
            throw new InputException($"the folder is no run folder and not empty (it holds '{foreign}')", path, "name a new folder with --out");
    }

    private static FileLock Lock(string full, string path)
    {
        FileLock hold = FileLock.TryTake(System.IO.Path.Combine(full, LockName), path)
            ?? throw new InputException($"another run{Holder(full)} is at work in this folder", path, "wait for it, or name another folder with --out");
        try
        {
            File.WriteAllText(System.IO.Path.Combine(full, HolderName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return hold;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            hold.Dispose();
            throw IoFailure.Describe(e, path);
        }
    }

    private static string Holder(string full)
    {
        try
        {
            string text = File.ReadAllText(System.IO.Path.Combine(full, HolderName));
            return text.Length is > 0 and < 12 ? $" (process {text})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
