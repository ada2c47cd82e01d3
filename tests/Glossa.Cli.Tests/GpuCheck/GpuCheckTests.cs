using System.Diagnostics;
using System.Text.Json;
using Glossa.GpuCheck;
using Glossa.Training.Engines.Cuda;
using NUnit.Framework;

namespace Glossa.Cli.Tests.GpuCheck;

/// <summary>The check that is meant for a machine with a GPU, in the host's memory and small.</summary>
internal sealed class GpuCheckTests
{
    [Test]
    public void Run_SmallCasesOnTheHost_AllHold()
    {
        CheckReport report = Run((_, _) => new CpuDevice(), TimeSpan.FromMinutes(5));
        Assert.That(report.Results.Where(result => !result.Passed).Select(result => $"{result.Case}, {result.What}, {result.Precision}: {result.Distance} {result.Note}"), Is.Empty);
        Assert.That(report.NotRun, Is.Empty);
        // Gradients of both cases, losses of one, in four formats; times of both, and of Muon.
        Assert.That((report.Results.Count(result => result.Distance is not null), report.Results.Count(result => result.Milliseconds > 0)), Is.EqualTo((12, 9)));
        Assert.That(report.Results.Where(result => result.Precision == "bf16" && result.Distance is not null).Select(result => result.Distance), Is.All.GreaterThan(1e-6), "rounded");
        string folder = Directory.CreateTempSubdirectory("glossa-gpu-check").FullName;
        try
        {
            report.Write(folder);
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "gpu-check.json")));
            Assert.That(json.RootElement.GetProperty("results").GetArrayLength(), Is.EqualTo(report.Results.Count));
            Assert.That(File.ReadAllText(Path.Combine(folder, "gpu-check.md")), Does.Contain("| small GPT | gradients | bf16 | no |").And.Contain("| small preset | Muon and AdamW | bf16 |"));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Test]
    public void Run_DeviceThatDoesNotOpen_FailsWithItsReason()
    {
        CheckReport report = Run((_, _) => throw new WorkException("the GPU is on fire"), TimeSpan.FromMinutes(5));
        Assert.That(report.Passed, Is.False);
        Assert.That(report.Results.Select(result => result.Note), Is.All.Contains("the GPU is on fire"));
        Assert.That(report.Markdown(), Does.Contain("FAILS: the GPU is on fire"));
    }

    [Test]
    public void Run_TimeIsOver_SaysWhatWasLeftOut()
    {
        CheckReport report = Run((_, _) => new CpuDevice(), TimeSpan.FromSeconds(-1));
        Assert.That(report.Results, Is.Empty);
        Assert.That(report.Markdown(), Does.Contain("Not run for want of time: small preset: gradients, float32;"));
    }

    [Test]
    public void TorchPeer_SmallCases_TimesThemOrSaysThatThereIsNoTorch()
    {
        string output = Path.GetTempFileName();
        try
        {
            using Process python = Process.Start(new ProcessStartInfo("python3", [Path.Combine(AppContext.BaseDirectory, "torch-peer.py"), "--device", "cpu", "--cases", "small", "--repetitions", "1", "--out", output])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            string errors = python.StandardOutput.ReadToEnd() + python.StandardError.ReadToEnd();
            python.WaitForExit();
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(output));
            if (python.ExitCode == 3)
            {
                Assert.That(json.RootElement.GetProperty("skipped").GetString(), Does.Contain("PyTorch"));
                Assert.Ignore("PyTorch is not there");
            }
            Assert.That(python.ExitCode, Is.Zero, errors);
            Assert.That(json.RootElement.GetProperty("results").GetArrayLength(), Is.EqualTo(8));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("Python is not there");
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static CheckReport Run(Func<bool, bool, ComputeDevice> open, TimeSpan time)
    {
        CheckPlan plan = new(new Checks(open, gpu: false, steps: 12, repetitions: 1), gpu: false, time);
        (IReadOnlyList<CheckResult> results, IReadOnlyList<string> notRun) = plan.Run(CheckCase.Read("small"), _ => { });
        return new CheckReport("cpu", "", results, notRun);
    }
}
