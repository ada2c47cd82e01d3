using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Glossa.Pipeline.Staging;

/// <summary>Folders that appear whole or not at all.</summary>
internal static partial class DurableFolder
{
    private const int ReadOnly = 0;

    /// <summary>
    /// Flushes every file under <paramref name="folder"/> to the device and lists them with their hashes, in ordinal
    /// order of their paths (with <c>/</c>).
    /// </summary>
    public static List<StoredFile> Seal(string folder)
    {
        List<StoredFile> files = [];
        byte[] buffer = new byte[1 << 18];
        foreach (string path in Files(folder))
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, 0);
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            int count;
            while ((count = stream.Read(buffer)) > 0) hash.AppendData(buffer, 0, count);
            stream.Flush(flushToDisk: true);
            files.Add(new StoredFile(Relative(folder, path), stream.Length, Convert.ToHexStringLower(hash.GetHashAndReset())));
        }
        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return files;
    }

    /// <summary>Gives a finished folder its final name, and makes the name durable.</summary>
    public static void Reveal(string temporary, string final)
    {
        foreach (string inner in Directory.EnumerateDirectories(temporary, "*", SearchOption.AllDirectories)) FlushNames(inner);
        FlushNames(temporary);
        Directory.Move(temporary, final);
        FlushNames(Path.GetDirectoryName(final)!);
    }

    /// <summary>Deletes a folder with all it holds, if it is there.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>All files under a folder.</summary>
    public static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);

    /// <summary>A path below a folder, with <c>/</c>.</summary>
    public static string Relative(string folder, string path) => Path.GetRelativePath(folder, path).Replace('\\', '/');

    // A rename survives a power cut only once the folder that holds the name is flushed; .NET has no call for it.
    private static void FlushNames(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) return;
        _ = Sync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
