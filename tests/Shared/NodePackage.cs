using System.Diagnostics;
using NUnit.Framework;

namespace Glossa.Tests.Shared;

/// <summary>A folder of JavaScript with its npm packages installed, whose programs a test runs under Node.</summary>
/// <param name="Folder">The folder.</param>
internal sealed record NodePackage(string Folder)
{
    /// <summary>The folder that an environment variable names, else one of this repository; without Node or the package the test is skipped with the reason.</summary>
    /// <param name="variable">The environment variable.</param>
    /// <param name="package">An npm package that has to be installed there.</param>
    /// <param name="paths">The folder below the repository or a folder above it.</param>
    public static NodePackage Find(string variable, string package, params string[] paths)
    {
        if (!OnPath("node")) Assert.Ignore("there is no Node on this machine");
        string? named = Environment.GetEnvironmentVariable(variable);
        IEnumerable<string> candidates = named is null ? Ancestors().Select(folder => Path.Combine([folder, .. paths])) : [named];
        string? found = candidates.FirstOrDefault(folder => Directory.Exists(Path.Combine([folder, "node_modules", .. package.Split('/')])));
        if (found is null) Assert.Ignore($"{package} is not installed: npm install --ignore-scripts in a copy of {string.Join('/', paths)}, which {variable} names");
        return new NodePackage(found!);
    }

    /// <summary>Whether a program is found along PATH.</summary>
    public static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)) || File.Exists(Path.Combine(folder, program + ".exe")));

    /// <summary>Runs a script of the folder to its end.</summary>
    public (int Code, string Output, string Error) Run(string script, params string[] arguments)
    {
        ProcessStartInfo start = new("node", [Path.Combine(Folder, script), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private static IEnumerable<string> Ancestors()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent) yield return folder.FullName;
    }
}
