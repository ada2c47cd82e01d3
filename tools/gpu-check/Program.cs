using System.CommandLine;
using Glossa;
using Glossa.GpuCheck;
using Glossa.Training.Engines.Cuda;
using Microsoft.ML.OnnxRuntime;

Option<string> device = new("--device") { HelpName = "DEVICE", Description = "cuda, or cpu: the same engine in the host's memory", DefaultValueFactory = _ => "cuda" };
Option<string> set = new("--cases") { HelpName = "SET", Description = "full or small, of cases.json", DefaultValueFactory = _ => "full" };
Option<string> output = new("--out") { HelpName = "DIR", Description = "Folder of gpu-check.json and gpu-check.md", DefaultValueFactory = _ => "." };
Option<int> steps = new("--steps") { HelpName = "N", Description = "Steps of a loss curve", DefaultValueFactory = _ => 100 };
Option<int> repetitions = new("--repetitions") { HelpName = "N", Description = "Steps that are timed", DefaultValueFactory = _ => 30 };
Option<int> seconds = new("--seconds") { HelpName = "N", Description = "Begins nothing new after so many seconds", DefaultValueFactory = _ => 360 };
RootCommand root = new("Checks the engine cuda on a GPU: gradients and losses against the CPU, time and memory of each number format, with recorded launches and without.") { device, set, output, steps, repetitions, seconds };
root.SetAction(result =>
{
    try
    {
        bool gpu = result.GetValue(device) switch
        {
            "cuda" => true,
            "cpu" => false,
            var other => throw new InputException($"'{other}' is no device", "--device", "give cuda or cpu"),
        };
        Checks checks = new((tf32, recorded) => gpu ? new CudaDevice(tf32, records: recorded) : new CpuDevice(), gpu, result.GetValue(steps), result.GetValue(repetitions));
        CheckPlan plan = new(checks, gpu, TimeSpan.FromSeconds(result.GetValue(seconds)));
        if (gpu) new CudaDevice(tf32: true).Dispose();
        (IReadOnlyList<CheckResult> results, IReadOnlyList<string> notRun) = plan.Run(CheckCase.Read(result.GetValue(set)!), line =>
            Console.WriteLine($"{line.Case}, {line.What}, {line.Precision}{(line.Recorded ? ", recorded" : "")}: {(line.Passed ? "" : "FAILS ")}{line.Distance:0.0e+0}{line.Milliseconds:F2} {line.Note}"));
        CheckReport report = new(gpu ? "cuda" : "cpu", OrtEnv.Instance().GetVersionString(), results, notRun);
        report.Write(result.GetValue(output)!);
        return report.Passed ? 0 : 1;
    }
    catch (GlossaException e)
    {
        Console.Error.WriteLine("error: " + e.Message);
        return e.ExitCode;
    }
});
return root.Parse(args).Invoke();
