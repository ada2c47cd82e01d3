using NUnit.Framework;

namespace Glossa.Training.Tests;

/// <summary>Fixtures beside the clone, which are too large to be in it.</summary>
internal static class Fixtures
{
    /// <summary>Path of a fixture; without it the test is skipped.</summary>
    public static string Shared(string name)
    {
        if (Above("shared", "fixtures", name) is { } path) return path;
        Assert.Ignore($"shared/fixtures/{name} is not beside this clone");
        return "";
    }

    /// <summary>A path below this folder or one of those above it, or null where none of them has it.</summary>
    public static string? Above(params string[] parts)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine([folder.FullName, .. parts]);
            if (Path.Exists(candidate)) return candidate;
        }
        return null;
    }
}
