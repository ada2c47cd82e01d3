using System.Diagnostics;
using System.Globalization;
using Glossa.Benchmarks.Runs;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Pipeline;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Pipeline.Train;

namespace Glossa.Benchmarks;

/// <summary>
/// A small run of the whole pipeline: seconds of each stage, what of training is inside the step, how fast text becomes ids, what an unchanged rerun takes.
/// </summary>
internal static class StageTimes
{
    public static Benchmark Benchmark { get; } = new("stages", "a run of all stages and its parts, data loading and tokenization among them: tokens", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        int tokens = arguments.Number("tokens", 300_000);
        string folder = Directory.CreateTempSubdirectory("glossa-stages").FullName;
        try
        {
            RunConfig config = ConfigReader.Load(null, [$"curriculum.phases.0.tokens={tokens / 10}", $"curriculum.phases.1.tokens={tokens}"]).Config;
            RunOptions options = new() { Folder = folder };
            PipelineRunner runner = new(PipelineStages.All);
            RunResult run = runner.Run(config, options);
            long began = Stopwatch.GetTimestamp();
            runner.Run(config, options);
            double again = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            double all = run.Stages.Sum(stage => stage.Seconds);
            findings.Line($"{Machine.Description}. The default configuration with {tokens * 11L / 10:N0} tokens: {all:F1} seconds in stages; the same command again, with nothing to do, {again:F0} ms.");
            findings.Table(["stage", "seconds", "share"], [.. run.Stages.Select(stage => (IReadOnlyList<string>)[stage.Name, stage.Seconds.ToString("F1", CultureInfo.InvariantCulture), Share(stage.Seconds / all)])]);
            Training(run, findings);
            Tokenization(run, findings);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static void Training(RunResult run, Findings findings)
    {
        StageRecord train = run.Stages.Single(stage => stage.Name == "train");
        TrainingResult result = TrainedRun.Training(run);
        double inSteps = result.Phases.Sum(phase => phase.StepSeconds), inPhases = result.Phases.Sum(phase => phase.Seconds);
        findings.Line($"Of the training loop's {inPhases:F1} seconds, {Share(inSteps / inPhases)} are inside the training step (gradients, clipping, optimizer); the rest fills batches and reports. Of the stage's {train.Seconds:F1} seconds, {Share(inSteps / train.Seconds)}: loading, the probe and checkpoints are in it.");
    }

    private static void Tokenization(RunResult run, Findings findings)
    {
        ITokenizer tokenizer = TextTokenizer.Load(Path.Combine(run.Stages.Single(stage => stage.Name == "tokenizer").Folder, TokenizerStage.Folder));
        using TextStore store = TextStore.Open(Path.Combine(run.Stages.Single(stage => stage.Name == "ingest").Folder, Pipeline.Ingest.IngestStage.StoreFile));
        List<int> ids = [];
        long bytes = 0, count = 0;
        long began = Stopwatch.GetTimestamp();
        foreach (string language in store.Languages)
        {
            bytes += store.Bytes(language, CorpusSplit.Train);
            foreach (string text in store.Texts(language, CorpusSplit.Train))
            {
                ids.Clear();
                tokenizer.Encode(text, ids);
                count += ids.Count;
            }
        }
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        findings.Line($"One thread turns text into ids at {bytes / seconds / 1e6:F1} MB/s, {count / seconds / 1e6:F2} million tokens a second.");
    }

    private static string Share(double share) => (share * 100).ToString("F1", CultureInfo.InvariantCulture) + " %";
}
