using System.Globalization;
using Glossa.Pipeline.Train;

namespace Glossa.Benchmarks.Runs;

/// <summary>Whether training a token costs the same however many tokens and languages there are.</summary>
internal static class RunGrowth
{
    public static Benchmark Benchmark { get; } = new("run-growth", "microseconds a token of whole trainings against their tokens and languages: run-tokens=N,... run-languages=N,...", Run);

    // Where the other axis is varied.
    private const int FewTokens = 4_000_000, SomeLanguages = 48;

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        string folder = Directory.CreateTempSubdirectory("glossa-run-growth").FullName;
        try
        {
            findings.Line($"{Machine.Description}. The embedded declaration, a model of one layer and width 64; seconds of the training loop over its tokens, by wall time.");
            Measure(folder, 200_000, SomeLanguages);
            List<IReadOnlyList<string>> rows = [];
            foreach (int tokens in arguments.Numbers("run-tokens", "1000000,4000000,16000000")) rows.Add(Row("tokens", tokens, Measure(folder, tokens, SomeLanguages)));
            Spread(rows, "tokens");
            foreach (int languages in arguments.Numbers("run-languages", "8,48,464")) rows.Add(Row("languages", languages, Measure(folder, FewTokens, languages)));
            Spread(rows, "languages");
            findings.Table(["size", "value", "µs a token", "of it in the step"], rows);

            void Spread(List<IReadOnlyList<string>> all, string axis)
            {
                double[] costs = [.. all.Where(row => row[0] == axis).Select(row => double.Parse(row[2], CultureInfo.InvariantCulture))];
                findings.Line($"Over {axis}, the dearest token costs {(costs.Max() / costs.Min() - 1) * 100:F0} % more than the cheapest.");
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static PhaseResult Measure(string folder, int tokens, int languages)
    {
        string run = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{tokens}-{languages}"));
        // The second phase, on all languages, is as short as it can be.
        string[] sizes = [$"languages.count={languages}", $"curriculum.phases.0.tokens={tokens}", "curriculum.phases.1.tokens=2048"];
        return TrainedRun.Training(TrainedRun.Until("train", run, Path.Combine(folder, "store"), [.. TrainedRun.Small, .. sizes])).Phases[0];
    }

    private static string[] Row(string axis, int value, PhaseResult phase) =>
    [
        axis,
        value.ToString(CultureInfo.InvariantCulture),
        (phase.Seconds * 1e6 / phase.Tokens).ToString("F2", CultureInfo.InvariantCulture),
        (phase.StepSeconds / phase.Seconds * 100).ToString("F1", CultureInfo.InvariantCulture) + " %",
    ];
}
