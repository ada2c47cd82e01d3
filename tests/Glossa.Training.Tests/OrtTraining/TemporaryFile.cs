namespace Glossa.Training.Tests.OrtTraining;

/// <summary>A file of a test, deleted with it.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("glossa-real-runtime-").FullName;

    /// <summary>Its path; nothing is there yet.</summary>
    public string Path => System.IO.Path.Combine(_folder, "file");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
