using System.Diagnostics;
using System.Globalization;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Training.Engines;

namespace Glossa.Benchmarks;

/// <summary>How the time of a training step grows: one size of the default preset is changed at a time, the others stay.</summary>
internal static class GrowthStep
{
    public static Benchmark Benchmark { get; } = new("growth", "milliseconds a step against tokens, layers, width, vocabulary, languages: repetitions workers tokens=N,... layers=N,... width=N,... vocabulary=N,... languages=N,...", Run);

    private const int Sequence = 128, MicroBatch = 8;

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        int repetitions = arguments.Number("repetitions", 5), workers = arguments.Number("workers", 2);
        findings.Line($"{Machine.Description}. The default preset (4 layers, width 128, vocabulary 2048, 464 languages, 2048 tokens a step), one size changed at a time; {workers} runs of one thread. Milliseconds are the least of {repetitions} steps, gradients only.");
        Size start = new(2048, 4, 128, 2048, 464);
        (string Name, int[] Values, Func<int, Size> With)[] axes =
        [
            ("tokens", arguments.Numbers("tokens", "2048,4096,8192,16384"), value => start with { Tokens = value }),
            ("layers", arguments.Numbers("layers", "2,4,8,16"), value => start with { Layers = value }),
            ("width", arguments.Numbers("width", "64,128,256,512"), value => start with { Width = value }),
            ("vocabulary", arguments.Numbers("vocabulary", "1024,2048,4096,8192"), value => start with { Vocabulary = value }),
            ("languages", arguments.Numbers("languages", "8,48,464"), value => start with { Languages = value }),
        ];
        List<IReadOnlyList<string>> rows = [];
        List<GrowthCurve> curves = [];
        foreach ((string name, int[] values, Func<int, Size> with) in axes)
        {
            List<(double X, double Y)> points = [];
            foreach (int value in values)
            {
                Timing timing = Measure(with(value), repetitions, workers);
                points.Add((value, timing.Wall));
                rows.Add([name, value.ToString(CultureInfo.InvariantCulture), Text(timing.Wall, 1), Text(timing.Processor, 1), Text(timing.Processor * 1000 / with(value).Tokens, 1), Text(timing.Flops / timing.Processor / 1e6, 1)]);
            }
            curves.Add(new GrowthCurve(name, points));
        }
        findings.Table(["size", "value", "ms a step", "processor ms", "processor µs a token", "GFLOP/s a core"], rows);
        findings.Picture("growth.svg", "Milliseconds a step against each size", GrowthChart.Draw(curves, "milliseconds a step, both axes logarithmic; sizes in multiples of the smallest"));
    }

    private static Timing Measure(Size size, int repetitions, int workers)
    {
        TransformerOptions options = PresetStep.Options(size.Width, size.Layers, size.Width / 64, size.Vocabulary, Sequence) with { Vocabulary = size.Vocabulary + size.Languages };
        Dictionary<string, float[]> parameters = TransformerParameters.Of(options).ToDictionary(p => p.Name, p => p.Initialize(1));
        StepModel step = TrainingStep.Build(TrainingGraph.Build(options, parameters), new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true });
        using CpuEngine engine = new(step, parameters, workers);
        int micros = size.Tokens / (MicroBatch * Sequence);
        MicroBatch[] batches = [.. TokenBatch.Random(micros, MicroBatch, Sequence, size.Vocabulary, size.Vocabulary, padded: false).Select(b => b.For(step))];
        using Process self = Process.GetCurrentProcess();
        List<(double Wall, double Processor)> times = [];
        for (int i = -2; i < repetitions; i++)
        {
            self.Refresh();
            TimeSpan processor = self.TotalProcessorTime;
            long began = Stopwatch.GetTimestamp();
            engine.Run(batches, 1f / size.Tokens);
            double wall = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            self.Refresh();
            if (i >= 0) times.Add((wall, (self.TotalProcessorTime - processor).TotalMilliseconds));
        }
        return new Timing(times.Min(t => t.Wall), times.Min(t => t.Processor), Statistics.StepFlops(size.Tokens, size.Layers, size.Width, 4 * size.Width, size.Vocabulary, Sequence));
    }

    private static string Text(double value, int decimals) => value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private sealed record Size(int Tokens, int Layers, int Width, int Vocabulary, int Languages);

    private readonly record struct Timing(double Wall, double Processor, double Flops);
}
