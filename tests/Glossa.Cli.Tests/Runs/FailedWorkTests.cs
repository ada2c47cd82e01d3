using System.Diagnostics;
using Glossa.KillTest;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Runs;

/// <summary>Work that was well asked for and fails: exit code 1.</summary>
[TestFixture]
internal sealed class FailedWorkTests
{
    private RunFixture _run = null!;

    [SetUp]
    public void SetUp() => _run = new RunFixture();

    [TearDown]
    public void TearDown() => _run.Dispose();

    [Test]
    public void Run_AbsurdLearningRate_SaysWhereItDivergedAndWhatToLower()
    {
        // The decay alone multiplies every matrix by -99 a step.
        CommandOutcome outcome = _run.Run(
            "--set", "optimizer.weightDecay=10", "--set", "optimizer.muonLearningRate=10", "--set", "optimizer.embeddingLearningRate=10",
            "--set", "optimizer.clip=0", "--set", "optimizer.warmup=0", "--set", "batch.tokensPerStep=64", "--set", "batch.microBatchTokens=64");
        RunFixture.AssertFailure(outcome, 1, _run.Out, "the loss is", "at step ", "of phase '", "lower the learning rates");
    }

    // Sizes that run out in different stages; the whole run takes 1.6 MB.
    [TestCase(16)]
    [TestCase(128)]
    [TestCase(400)]
    [TestCase(900)]
    public void Run_DiskFull_SaysSoAndGoesOnWhenThereIsRoom(int kilobytes)
    {
        string disk = _run.At("disk");
        Directory.CreateDirectory(disk);
        if (!OperatingSystem.IsLinux() || !Mount("-t", "tmpfs", "-o", $"size={kilobytes}k", "none", disk))
            Assert.Ignore("needs the right to mount a small tmpfs (root on Linux)");
        try
        {
            string folder = Path.Combine(disk, "run");
            RunFixture.AssertFailure(RunFixture.Command("run", _run.Config, "--out", folder, "--quiet"), 1, folder, disk, "the disk is full", "free some space", "same command");
            Assert.That(Mount("-o", "remount,size=32m", disk), Is.True);
            CommandOutcome again = RunFixture.Command("run", _run.Config, "--out", folder, "--quiet");
            Assert.That(again.Code, Is.Zero, again.Error);
            Assert.That(RunAudit.AfterEnd(folder), Is.Empty);
        }
        finally
        {
            Call("umount", "-l", disk);
        }
    }

    private static bool Mount(params string[] arguments) => Call("mount", arguments);

    private static bool Call(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
