namespace Glossa;

/// <summary>A file for what does not fit into memory while some work goes on; it is gone when the stream is disposed, or the process ends.</summary>
public static class ScratchFile
{
    /// <summary>Makes an empty one; the stream is not buffered, so that a full disk fails at a write and not a second time on disposal.</summary>
    /// <param name="path">A name that nothing else has, on the device that is to hold it; missing folders are made.</param>
    /// <exception cref="WorkException">The folder cannot be written.</exception>
    public static FileStream Create(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            FileStream file = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.DeleteOnClose);
            // Without a name the space comes back even when the process is killed; Windows deletes on its own.
            if (!OperatingSystem.IsWindows()) File.Delete(path);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw IoFailure.Describe(e, path);
        }
    }
}
