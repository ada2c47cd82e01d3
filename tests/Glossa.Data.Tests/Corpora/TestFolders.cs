namespace Glossa.Data.Tests.Corpora;

/// <summary>Where fixtures lie and where tests write.</summary>
internal static class TestFolders
{
    /// <summary>The folder of Pipeline.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The path of a fixture.</summary>
    public static string Fixture(params string[] parts) => Path.Combine([Root, "tests", "fixtures", .. parts]);

    /// <summary>The path of a fixture that is too large for the repository; the test is skipped where it is not beside the clone.</summary>
    public static string Shared(params string[] parts)
    {
        for (DirectoryInfo? folder = new(Root); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine([folder.FullName, "shared", "fixtures", .. parts]);
            if (Path.Exists(candidate)) return candidate;
        }
        NUnit.Framework.Assert.Ignore("the shared fixtures are not beside this clone");
        throw new InvalidOperationException();
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Pipeline.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Pipeline.sln");
    }
}

/// <summary>A folder that is deleted with its content.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("glossa-corpus-").FullName;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public string Write(string name, string content)
    {
        System.IO.File.WriteAllText(File(name), content);
        return File(name);
    }

    public string Write(string name, byte[] content)
    {
        System.IO.File.WriteAllBytes(File(name), content);
        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
