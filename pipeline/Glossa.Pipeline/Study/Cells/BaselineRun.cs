using System.Text.Json;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Ingest;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;

namespace Glossa.Pipeline.Study.Cells;

/// <summary>LZMA2 on the study's corpus, made once.</summary>
internal static class BaselineRun
{
    /// <summary>Makes the figures where the results have none of this corpus yet.</summary>
    public static void Ensure(StudyPlan plan, StudyFolder folder, ResultsFile results, IProgressReporter progress, CancellationToken cancellation)
    {
        // A budget differs between arms: the figure is that of all texts.
        RunConfig config = plan.Base with { Corpus = plan.Base.Corpus with { Budget = new BudgetConfig() }, Evaluation = plan.Base.Evaluation with { Split = EvaluationSplit.Test, Baseline = true } };
        IngestStage ingest = new();
        InputHashes hashes = new(folder.InputHashes);
        string corpus = ContentHash.OfParts([
            CanonicalJson.Of(((IStage)ingest).SelectSettings(config)), .. ingest.SelectFiles(config).Select(hashes.Of)])[..16];
        if (results.Baseline()?.Corpus == corpus) return;
        using FileLock held = FileLock.Take(folder.SharedLock, cancellation);
        if (results.Baseline()?.Corpus == corpus) return;
        RunResult run = new PipelineRunner([ingest]).Run(config, new RunOptions { Folder = folder.Baseline, Store = folder.Store, Progress = progress }, cancellation);
        Dictionary<string, double> bits = JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllBytes(Path.Combine(run.Stages[0].Folder, IngestStage.BaselineFile)))!;
        results.Add(plan, new BaselineResult(corpus, new SortedDictionary<string, double>(bits, StringComparer.Ordinal)));
    }
}
