namespace Glossa.Pipeline.Staging;

/// <summary>A file that one holder has at a time, among all threads and processes; the system frees it when the holder dies.</summary>
internal sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or gives null where somebody has it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="named">What an error names in its place.</param>
    /// <exception cref="WorkException">The file cannot be written.</exception>
    public static FileLock? TryTake(string path, string? named = null)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw IoFailure.Describe(e, named ?? path);
        }
        catch (IOException e)
        {
            if (IoFailure.IsDiskFull(e)) throw IoFailure.Describe(e, named ?? path);
            return null;
        }
    }

    /// <summary>Takes the lock as soon as it is free.</summary>
    /// <exception cref="OperationCanceledException">The wait was stopped.</exception>
    public static FileLock Take(string path, CancellationToken cancellation)
    {
        while (true)
        {
            if (TryTake(path) is { } taken) return taken;
            cancellation.WaitHandle.WaitOne(Pause);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
