using System.Diagnostics;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Training.Engines;

namespace Glossa.Benchmarks;

/// <summary>The training step of a preset: milliseconds and tokens a second.</summary>
internal static class PresetStep
{
    public static Benchmark Benchmark { get; } = new("preset-step",
        "a training step of the default preset: width layers heads vocabulary batch sequence micros workers repetitions", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        int width = arguments.Number("width", 128), layers = arguments.Number("layers", 4), heads = arguments.Number("heads", 2);
        int vocabulary = arguments.Number("vocabulary", 2048), batch = arguments.Number("batch", 8), sequence = arguments.Number("sequence", 128);
        int micros = arguments.Number("micros", 4), workers = arguments.Number("workers", 2), repetitions = arguments.Number("repetitions", 20);
        TransformerOptions options = Options(width, layers, heads, vocabulary, sequence);
        Dictionary<string, float[]> parameters = TransformerParameters.Of(options).ToDictionary(p => p.Name, p => p.Initialize(1));
        StepModel step = TrainingStep.Build(TrainingGraph.Build(options, parameters),
            new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true });
        Console.WriteLine(StepProfile.Census(step));
        using CpuEngine engine = new(step, parameters, workers);
        MicroBatch[] batches = [.. TokenBatch.Random(micros, batch, sequence, vocabulary, vocabulary, padded: false).Select(b => b.For(step))];
        float weight = 1f / (batch * (sequence - 1) * micros);
        int tokens = batch * sequence * micros;
        double loss = 0;
        for (int i = 0; i < 3; i++) loss = engine.Run(batches, weight);
        List<double> times = [];
        TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
        for (int i = 0; i < repetitions; i++)
        {
            long began = Stopwatch.GetTimestamp();
            loss = engine.Run(batches, weight);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        double processor = (Process.GetCurrentProcess().TotalProcessorTime - start).TotalMilliseconds / repetitions;
        times.Sort();
        double median = times[times.Count / 2];
        double flops = Statistics.StepFlops(tokens, layers, width, 4 * width, vocabulary, sequence);
        findings.Line($"loss {loss:F5} ({Math.Log(vocabulary):F5} at the start); parameters {engine.Layout.ParameterCount}; median {median:F1} ms, min {times[0]:F1} ms a step of {tokens} tokens: "
            + $"{tokens / median * 1000:F0} tokens/s, {flops / median / 1e6:F0} GFLOP/s; processor time {processor:F0} ms a step");
    }

    /// <summary>The default preset in any size; its 464 language tags are rows of the embedding alone.</summary>
    public static TransformerOptions Options(int width, int layers, int heads, int vocabulary, int sequence) => new()
    {
        Vocabulary = vocabulary + 464,
        TextVocabulary = vocabulary,
        Layers = layers,
        Width = width,
        Heads = heads,
        KeyValueHeads = heads,
        HeadSize = width / heads,
        FeedForward = 4 * width,
        Context = Math.Max(256, sequence),
    };
}
