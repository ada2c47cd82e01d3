using System.Text.Json;
using Glossa.KillTest;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Runs;

/// <summary>What one call of the command gave.</summary>
internal sealed record CommandOutcome(int Code, string Output, string Error);

/// <summary>A temporary folder with a small corpus and its configuration, and the command run on them in process.</summary>
internal sealed class RunFixture : IDisposable
{
    public RunFixture(int tokens = 3_000) => Config = FourLanguageRun.Write(Folder, tokens);

    public string Folder { get; } = Directory.CreateTempSubdirectory("glossa-").FullName;

    public string Config { get; }

    /// <summary>Where <see cref="Run"/> writes unless told otherwise.</summary>
    public string Out => At("run");

    public string At(params string[] parts) => Path.Combine([Folder, .. parts]);

    public static CommandOutcome Command(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = CommandLine.Run(args, output, error);
        return new CommandOutcome(code, output.ToString(), error.ToString());
    }

    /// <summary><c>glossa run</c> on the small configuration, silent.</summary>
    public CommandOutcome Run(params string[] more) => Command(["run", Config, "--out", Out, "--quiet", .. more]);

    /// <summary>The same, and the names of the stages that were executed.</summary>
    public string[] Executed(params string[] more)
    {
        CommandOutcome outcome = Command(["run", Config, "--out", Out, "--json", .. more]);
        Assert.That(outcome.Code, Is.Zero, outcome.Output);
        using JsonDocument json = JsonDocument.Parse(outcome.Output);
        return [.. json.RootElement.GetProperty("stages").EnumerateArray().Where(stage => !stage.GetProperty("cached").GetBoolean()).Select(stage => stage.GetProperty("name").GetString()!)];
    }

    /// <summary>One line for people that says all of <paramref name="words"/>; a whole run folder or none.</summary>
    public static void AssertFailure(CommandOutcome outcome, int code, string? folder, params string[] words)
    {
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(outcome.Code, Is.EqualTo(code), outcome.Error);
        Assert.That(outcome.Error, Does.StartWith("glossa: error: ").And.EndWith("\n"));
        Assert.That(outcome.Error.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(1));
        Assert.That(outcome.Error, Does.Not.Contain("internal error").And.Not.Contain("Exception").And.Not.Contain("   at "));
        Assert.That(outcome.Output, Is.Empty);
        foreach (string word in words) Assert.That(outcome.Error, Does.Contain(word));
        if (folder is null || !Directory.Exists(folder)) return;
        Assert.That(Directory.Exists(Path.Combine(folder, "model")), Is.False, "a failed run has no model");
        Assert.That(RunAudit.AfterKill(folder), Is.Empty);
        Assert.That(Unfinished(folder), Is.Empty);
    }

    /// <summary>Files and folders under a name that stands for unfinished work.</summary>
    public static string[] Unfinished(string folder) =>
    [
        .. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) is { } name && (name.EndsWith(".partial", StringComparison.Ordinal) || name.StartsWith(".building-", StringComparison.Ordinal))),
    ];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
