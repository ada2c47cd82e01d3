using System.Globalization;
using Glossa.Data.Batches;
using Glossa.Data.Corpora;
using Glossa.Data.Tokens;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Pipeline.Train;

namespace Glossa.Benchmarks.Runs;

/// <summary>What share of the positions that training computes is padding.</summary>
internal static class Padding
{
    public static Benchmark Benchmark { get; } = new("padding", "padded positions of the default batches: corpus=FILE context=N micro=N,...", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        string folder = Directory.CreateTempSubdirectory("glossa-padding").FullName;
        try
        {
            int context = arguments.Number("context", 256);
            string[] settings = ["evaluation.baseline=false", .. arguments.Text("corpus") is { } corpus ? [$"corpus.path={corpus}"] : Array.Empty<string>()];
            RunResult run = TrainedRun.Until("tokenizer", Path.Combine(folder, "run"), Path.Combine(folder, "store"), settings);
            using TokenFile tokens = TokenFile.Open(Path.Combine(run.Stages.Single(stage => stage.Name == "tokenizer").Folder, TokenizerStage.TokensFile));
            WindowIndex[] windows = [.. tokens.Languages.Select((_, language) => CurriculumPlan.Windows(tokens, language, context))];
            findings.Table(["positions of a micro-batch", "padding"], [.. arguments.Numbers("micro", "1024,2048,4096").Select(micro => (IReadOnlyList<string>)[
                micro.ToString(CultureInfo.InvariantCulture), (Share(windows, micro) * 100).ToString("F1", CultureInfo.InvariantCulture) + " %"])]);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static double Share(WindowIndex[] windows, int micro)
    {
        BatchPlan plan = BatchPlan.Make(windows, new BatchPlanOptions { Tokens = 1_000_000, Sampling = 0, MicroBatchTokens = micro, Seed = 1 });
        PlannedBatch[] batches = [.. Enumerable.Range(0, plan.Steps).SelectMany(plan.Step)];
        return 1 - batches.Sum(batch => batch.Windows.Sum(window => (double)window.Length)) / batches.Sum(batch => (double)batch.Windows.Length * batch.Length);
    }
}
