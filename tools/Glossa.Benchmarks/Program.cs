using Glossa;
using Glossa.Benchmarks;

// glossa-benchmarks [--filter TEXT] [name=value ...]: runs the benchmarks whose names contain the text; without arguments, lists them.
Benchmark[] all = [PresetStep.Benchmark, ThirdPartyStep.Benchmark, Quantization.Benchmark];
try
{
    BenchmarkArguments arguments = BenchmarkArguments.Parse(args);
    Benchmark[] chosen = [.. all.Where(b => arguments.Filter is { } filter && b.Name.Contains(filter, StringComparison.Ordinal))];
    if (chosen.Length == 0)
    {
        foreach (Benchmark benchmark in all) Console.WriteLine($"--filter {benchmark.Name}  {benchmark.Description}");
        return arguments.Filter is null ? 0 : 2;
    }
    foreach (Benchmark benchmark in chosen) benchmark.Run(arguments);
    return 0;
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
