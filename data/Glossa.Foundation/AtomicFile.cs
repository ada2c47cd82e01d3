using System.Text;

namespace Glossa;

/// <summary>
/// Writes files so that a reader sees either the old file or the whole new one: the content goes to a temporary name
/// in the same folder, is flushed to the device, and is renamed over the target.
/// </summary>
public static class AtomicFile
{
    /// <summary>The ending of temporary names; files with it are never read and may be deleted at any time.</summary>
    public const string TemporarySuffix = ".partial";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes <paramref name="path"/> through <paramref name="write"/>; creates missing folders.</summary>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string temporary = full + "." + Environment.ProcessId + TemporarySuffix;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception e)
        {
            TryDelete(temporary);
            if (e is IOException or UnauthorizedAccessException && e is not FileNotFoundException and not DirectoryNotFoundException)
                throw IoFailure.Describe(e, path);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) => WriteBytes(path, Utf8.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    public static void WriteBytes(string path, ReadOnlySpan<byte> bytes)
    {
        byte[] copy = bytes.ToArray();
        Write(path, stream => stream.Write(copy));
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            // The temporary file is never read; leaving it behind on a failing disk does no harm.
        }
        catch (UnauthorizedAccessException)
        {
            // As above.
        }
    }
}
