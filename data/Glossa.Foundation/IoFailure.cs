namespace Glossa;

/// <summary>Turns the runtime's I/O exceptions into one clear line.</summary>
public static class IoFailure
{
    private const int NoSpaceUnix = 28;
    private const int QuotaExceededUnix = 122;
    private const int DiskFullWindows = unchecked((int)0x80070070);

    /// <summary>True where <paramref name="e"/> says that the device has no room left.</summary>
    public static bool IsDiskFull(Exception e) =>
        e is IOException && (e.HResult is NoSpaceUnix or QuotaExceededUnix or DiskFullWindows
            || e.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase));

    /// <summary>The failure to report for <paramref name="e"/>, which happened while writing <paramref name="path"/>.</summary>
    public static WorkException Describe(Exception e, string path) => IsDiskFull(e)
        ? new WorkException("the disk is full", path, "free some space and run the same command again: finished work is kept", e)
        : new WorkException($"cannot write the file ({e.Message.TrimEnd('.')})", path, "check the folder's permissions", e);

    /// <summary>Opens an existing file for sequential reading.</summary>
    /// <exception cref="InputException">The file is missing, is a folder, or cannot be read.</exception>
    public static FileStream OpenRead(string path, string what = "file")
    {
        if (Directory.Exists(path))
            throw new InputException($"expected a {what}, found a folder", path, "name the file itself");
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"no such {what}", path, "check the path", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the {what} ({e.Message.TrimEnd('.')})", path, "check its permissions", e);
        }
    }
}
