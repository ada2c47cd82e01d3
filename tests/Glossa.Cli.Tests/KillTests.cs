using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;

namespace Glossa.Cli.Tests;

/// <summary>
/// Kills the command at random moments and goes on with the same command: the model ends bit for bit as that of an
/// uninterrupted run. GLOSSA_KILLS sets how many kills (default 4), GLOSSA_KILL_SEED the seed of their moments.
/// </summary>
[TestFixture]
internal sealed class KillTests
{
    [Test]
    public void Run_KilledAtRandomMoments_EndsWithTheSameBits()
    {
        using SmallRun small = new();
        Stopwatch clock = Stopwatch.StartNew();
        Assert.That(Run(small.Run("whole", "--quiet"), null), Is.Zero);
        double seconds = clock.Elapsed.TotalSeconds;

        int kills = Setting("GLOSSA_KILLS", 4);
        SeededRandom random = new((ulong)Setting("GLOSSA_KILL_SEED", 1));
        int killed = 0;
        for (int attempt = 0; attempt < 10 * kills && killed < kills; attempt++)
        {
            // A finished run leaves nothing to interrupt: the next attempt starts over in a new folder.
            string name = "killed" + attempt.ToString(CultureInfo.InvariantCulture);
            while (killed < kills && Run(small.Run(name, "--quiet"), TimeSpan.FromSeconds(random.NextDouble() * seconds)) is null) killed++;
            Assert.That(Run(small.Run(name, "--quiet"), null), Is.Zero, "the run that goes on after the kills");
            Assert.That(Hashes(small.At(name)), Is.EqualTo(Hashes(small.At("whole"))), $"after {killed} kills");
            Assert.That(Directory.EnumerateFileSystemEntries(small.At(name), "*.partial", SearchOption.AllDirectories), Is.Empty);
        }
        Assert.That(killed, Is.EqualTo(kills));
    }

    // The exit code, or null where the process was killed.
    private static int? Run(string[] args, TimeSpan? killAfter)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(TestContext.CurrentContext.TestDirectory, "glossa.dll"), .. args]);
        using Process process = Process.Start(start)!;
        if (killAfter is null) process.WaitForExit();
        else if (!process.WaitForExit(killAfter.Value))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return null;
        }
        return process.ExitCode;
    }

    private static List<string> Hashes(string folder) =>
    [
        .. new[] { "model", "checkpoints" }.SelectMany(part => Directory.EnumerateFiles(Path.Combine(folder, part), "*", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal).Select(file => $"{Path.GetRelativePath(folder, file)} {ContentHash.OfFile(file)}"),
    ];

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
