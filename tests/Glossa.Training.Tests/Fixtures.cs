using NUnit.Framework;

namespace Glossa.Training.Tests;

/// <summary>Fixtures beside the clone, which are too large to be in it.</summary>
internal static class Fixtures
{
    /// <summary>Path of a fixture; without it the test is skipped.</summary>
    public static string Shared(string name)
    {
        for (DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "fixtures", name);
            if (Path.Exists(path)) return path;
        }
        Assert.Ignore($"shared/fixtures/{name} is not beside this clone");
        return "";
    }
}
