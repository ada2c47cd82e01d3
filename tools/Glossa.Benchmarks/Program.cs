using Glossa;
using Glossa.Benchmarks;
using Glossa.Benchmarks.Peers;
using Glossa.Benchmarks.Runs;

// glossa-benchmarks [--filter TEXT] [name=value ...]: runs the benchmarks whose names contain the text, or one of several with commas between; without arguments, lists them.
Benchmark[] all = [PresetStep.Benchmark, ThirdPartyStep.Benchmark, PeerStep.Benchmark, StepVersions.Benchmark, GemmPeak.Benchmark, GrowthStep.Benchmark, OptimizerStep.Benchmark, StageTimes.Benchmark, RunGrowth.Benchmark, RunMemory.Benchmark, Padding.Benchmark, KernelLosses.Benchmark, EncodingSpeed.Benchmark,
    TokenizerTraining.Benchmark, TokenizerPremium.Benchmark, Quantization.Benchmark, Generation.Benchmark, ExportSpeeds.Benchmark];
try
{
    BenchmarkArguments arguments = BenchmarkArguments.Parse(args);
    Benchmark[] chosen = [.. all.Where(b => arguments.Filter is { } filter && filter.Split(',').Any(part => b.Name.Contains(part, StringComparison.Ordinal)))];
    if (chosen.Length == 0)
    {
        foreach (Benchmark benchmark in all) Console.WriteLine($"--filter {benchmark.Name}  {benchmark.Description}");
        return arguments.Filter is null ? 0 : 2;
    }
    return chosen.Max(benchmark => Measure(benchmark, arguments));
}
catch (GlossaException e)
{
    Console.Error.WriteLine(e.Message);
    return e.ExitCode;
}

// One that fails leaves its table as it was and the others their turn.
static int Measure(Benchmark benchmark, BenchmarkArguments arguments)
{
    try
    {
        Findings findings = new();
        benchmark.Run(arguments, findings);
        if (arguments.Text("write") is { } page) PerformancePage.Write(page, benchmark.Name, findings);
        return 0;
    }
    catch (Exception e) when (e is not OperationCanceledException)
    {
        Console.Error.WriteLine($"{benchmark.Name}: {e.Message.Split('\n')[0]}");
        return e is GlossaException known ? known.ExitCode : 1;
    }
}
