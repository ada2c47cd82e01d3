using System.Text;
using Glossa.Data.Corpora;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Train;
using Glossa.Training.Engines;
using Glossa.Training.Optimizers;

namespace Glossa.Benchmarks;

/// <summary>
/// How far the losses of the engine's own kernels part from those of the runtime's over the first steps of a training, on text that is new at every step. Beside it what rounding alone does: the runtime's
/// kernels with the micro-batches of each step added up in reverse.
/// </summary>
internal static class KernelLosses
{
    private const int Vocabulary = 256;

    public static Benchmark Benchmark { get; } = new("kernel-losses",
        "losses with own and with the runtime's kernels over a training of the default preset: steps corpus=FILE.csv.gz width layers heads batch sequence micros optimizer=muon|adamw rate (of AdamW, in millionths)", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        int steps = arguments.Number("steps", 100), batch = arguments.Number("batch", 8), sequence = arguments.Number("sequence", 128), micros = arguments.Number("micros", 2);
        TransformerOptions options = PresetStep.Options(arguments.Number("width", 128), arguments.Number("layers", 4), arguments.Number("heads", 2), Vocabulary, sequence);
        Dictionary<string, float[]> parameters = TransformerParameters.Of(options).ToDictionary(p => p.Name, p => p.Initialize(1));
        StepModel step = TrainingStep.Build(TrainingGraph.Build(options, parameters), new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true });
        double rate = arguments.Number("rate", 1000) / 1e6;
        OptimizerConfig config = arguments.Text("optimizer") == "adamw" ? new OptimizerConfig { MuonLearningRate = 0, ScalarLearningRate = rate, HeadLearningRate = rate, EmbeddingLearningRate = rate } : new OptimizerConfig();
        long[][] windows = Windows(arguments.Text("corpus") ?? "data/corpora/udhr.csv.gz", steps * micros * batch, sequence);
        MicroBatch[][] batches = [.. windows.Chunk(batch).Select(rows => MicroBatch.OfTokens(batch, sequence, [.. rows.SelectMany(row => row)], [.. rows.SelectMany(row => row)])).Chunk(micros)];

        double[] runtime = Train(EngineKernels.Runtime, batches), own = Train(EngineKernels.Fastest, batches), control = Train(EngineKernels.Runtime, [.. batches.Select(step => step.Reverse().ToArray())]);
        findings.Line($"{steps} steps of {micros * batch * sequence} tokens, {(config.MuonLearningRate > 0 ? "Muon" : "AdamW")}; loss from {runtime[0]:F4} to {runtime[^1]:F4}. "
            + $"Own kernels against the runtime's: losses part by at most {Apart(own, runtime):E1} of themselves, most at step {Worst(own, runtime)}, by {Apart(own[^1..], runtime[^1..]):E1} at the last; "
            + $"the runtime's with the micro-batches of a step added up in reverse: {Apart(control, runtime):E1} and {Apart(control[^1..], runtime[^1..]):E1}.");

        double[] Train(EngineKernels kernels, MicroBatch[][] batches)
        {
            using CpuEngine engine = new(step, parameters, 1, 0, kernels);
            using WorkerPool pool = new(1);
            using Optimizer optimizer = new(engine.Layout, Optimizers.Of(config, tiedHead: false), pool);
            return [.. batches.Select(batches =>
            {
                double loss = engine.Run(batches, 1f / (micros * batch * (sequence - 1)));
                optimizer.Step(engine.Parameters, engine.Gradients);
                return loss;
            })];
        }
    }

    private static int Worst(double[] one, double[] other) => Enumerable.Range(0, one.Length).MaxBy(i => Math.Abs(one[i] - other[i]) / Math.Abs(other[i])) + 1;

    private static double Apart(double[] one, double[] other) => one.Zip(other, (a, b) => Math.Abs(a - b) / Math.Abs(b)).Max();

    private static long[][] Windows(string corpus, int count, int length)
    {
        long[][] windows = [.. CorpusReader.Read(corpus, new CorpusColumns { Split = "split" }).Select(row => Encoding.UTF8.GetBytes(row.Text)).Where(bytes => bytes.Length >= length)
            .Take(count).Select(bytes => Array.ConvertAll(bytes[..length], id => (long)id))];
        if (windows.Length < count) throw new InputException($"the corpus has {windows.Length} texts of {length} bytes or more, and {count} are needed", corpus, "take fewer steps or shorter sequences");
        new SeededRandom(7).Shuffle(windows.AsSpan());
        return windows;
    }
}
