using System.Globalization;

namespace Glossa.Benchmarks.Peers;

/// <summary>
/// Two versions of Glossa's step on the same weights and batch, as <c>peer keep=FOLDER</c> writes them: one step of each in turn, the ratio of processor times, and how far the losses part. What a change
/// of the step or the engine has to be held against.
/// </summary>
internal static class StepVersions
{
    public static Benchmark Benchmark { get; } = new("versions", "two kept steps against each other: before=FOLDER after=FOLDER repetitions micro workers after-workers before-program=DLL after-program=DLL before-variable=NAME:VALUE after-variable=NAME:VALUE", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        if (arguments.Text("before") is not { } before || arguments.Text("after") is not { } after)
        {
            findings.Line("Two versions of a step are compared where before=FOLDER and after=FOLDER are given.");
            return;
        }
        string self = typeof(StepVersions).Assembly.Location;
        int repetitions = arguments.Number("repetitions", 15), workers = arguments.Number("workers", 2);
        using StepProcess first = Open("before", before, arguments.Text("before-program") ?? self, arguments.Text("before-variable"), workers), second = Open("after", after, arguments.Text("after-program") ?? self, arguments.Text("after-variable"), arguments.Number("after-workers", workers));
        double apart = 0;
        for (int round = -2; round < repetitions; round++)
        {
            (StepProcess one, StepProcess two) = round % 2 == 0 ? (first, second) : (second, first);
            double a = one.Step(round >= 0).Loss, b = two.Step(round >= 0).Loss;
            apart = Math.Max(apart, Math.Abs(a - b) / Math.Abs(a));
        }
        double[] ratios = [.. first.Times.Zip(second.Times, (a, b) => b.ProcessorMilliseconds / a.ProcessorMilliseconds).Order()];
        findings.Line($"processor time after / before: median {ratios.Median():F3}, quartiles {ratios[ratios.Length / 4]:F3} and {ratios[ratios.Length * 3 / 4]:F3}; before {first.Times.Select(t => t.ProcessorMilliseconds).Median():F0} ms (least {first.Times.Min(t => t.ProcessorMilliseconds):F0}), "
            + $"after {second.Times.Select(t => t.ProcessorMilliseconds).Median():F0} ms (least {second.Times.Min(t => t.ProcessorMilliseconds):F0}); peak memory {first.PeakMemory() >> 20} and {second.PeakMemory() >> 20} MiB; losses part by at most {apart:E1} over {repetitions + 2} steps.");

        StepProcess Open(string name, string folder, string program, string? variable, int threads) => new(name, program,
            ["--filter", "peer", $"serve={folder}", "micro=" + arguments.Number("micro", 4).ToString(CultureInfo.InvariantCulture), "workers=" + threads.ToString(CultureInfo.InvariantCulture)],
            variable?.Split(':', 2) is [var key, var value] ? new Dictionary<string, string> { [key] = value } : []);
    }
}
