using Glossa.Data.Corpora;
using Glossa.Pipeline.Finetune.Batches;
using Glossa.Pipeline.Finetune.Model;
using Glossa.Pipeline.Finetune.Texts;
using Glossa.Pipeline.Train;
using Glossa.Training.Deltas;
using Glossa.Training.Engines;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using Glossa.Training.Schedules;

namespace Glossa.Pipeline.Finetune;

/// <summary>What training gave.</summary>
/// <param name="Delta">The delta of LoRA and sparse fine-tunings; null where every weight changed.</param>
/// <param name="TrainedParameters">Weights that were trained.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Seconds">Seconds of training.</param>
/// <param name="Losses">Losses before and after.</param>
/// <param name="Curve">The last pass's learning curve.</param>
internal sealed record FinetuneOutcome(ModelDelta? Delta, long TrainedParameters, int Steps, double Seconds, FinetuneLosses Losses, IReadOnlyList<CurvePoint> Curve);

/// <summary>The passes of a fine-tuning over one engine.</summary>
internal sealed class FinetuneTraining(
    TunedModel model, ITrainingEngine engine, FinetuneOptions options, Dictionary<string, float[]> start, TaskBatches batches, FinetuneCorpus corpus, FinetuneWork work)
{
    // A held-out loss of more texts than this costs more than it tells.
    private const int LossTexts = 1000;

    /// <summary>Trains.</summary>
    /// <param name="task">What a delta says about its task.</param>
    public FinetuneOutcome Run(string task)
    {
        IBatchSource source = batches.Make(corpus.Of(CorpusSplit.Train), corpus.Labels, options.Epochs);
        (double? validBefore, double? testBefore) = (Loss(CorpusSplit.Valid), Loss(CorpusSplit.Test));
        Restart();
        if (options.Sparse is not { } fraction)
        {
            TrainingResult result = Pass("train", source, RateGroups.Of(engine.Layout, model, options), null);
            ModelDelta? delta = options.Lora is null ? null : DeltaMaking.OfAdapters(model, engine, task);
            return Outcome(delta, engine.Layout.ParameterCount, source.Steps, result);
        }
        TrainingResult first = Pass("select", source, RateGroups.Of(engine.Layout, model, options), null);
        using FloatBuffer before = new(engine.Layout.Length);
        foreach (ParameterSlot slot in engine.Layout.Slots) start[slot.Name].CopyTo(before.Slice(slot));
        using SparseSelection selection = SparseSelection.OfLargestChanges(engine.Layout, before, engine.Parameters, fraction, model.NewParameters.Contains, options.SparseEvenly);
        Restart();
        // A weight that is not chosen has a gradient of zero; decay would move it all the same.
        TrainingResult second = Pass("train", source, RateGroups.Of(engine.Layout, model, options with { WeightDecay = 0 }), selection);
        long whole = engine.Layout.Slots.Where(slot => model.NewParameters.Contains(slot.Name)).Sum(slot => (long)slot.Length);
        return Outcome(DeltaMaking.OfSelection(model, engine, selection, start, task), selection.Count + whole, 2 * source.Steps, first, second);

        FinetuneOutcome Outcome(ModelDelta? delta, long trained, int steps, params TrainingResult[] passes) => new(
            delta, trained, steps, passes.Sum(pass => pass.Phases.Sum(phase => phase.Seconds)),
            new FinetuneLosses(validBefore, Loss(CorpusSplit.Valid), testBefore, Loss(CorpusSplit.Test)), passes[^1].Curve);
    }

    private void Restart()
    {
        foreach (ParameterSlot slot in engine.Layout.Slots) start[slot.Name].CopyTo(engine.Parameters.Slice(slot));
    }

    private TrainingResult Pass(string name, IBatchSource source, OptimizerOptions optimizer, SparseSelection? selection)
    {
        using Trainer trainer = new(engine, new TrainerOptions
        {
            Optimizer = optimizer,
            Clip = options.Clip,
            Lanes = options.Lanes,
            Seed = options.Seed,
            Selection = selection,
            DivergenceAdvice = "lower --lr",
        });
        string[] languages = [.. corpus.Texts.Select(text => text.Language).Distinct().Order(StringComparer.Ordinal)];
        long bytes = corpus.Of(CorpusSplit.Train).Sum(text => (long)System.Text.Encoding.UTF8.GetByteCount(text.Text));
        ScheduleOptions schedule = new() { Kind = ScheduleKind.Linear, WarmupFraction = options.Warmup };
        work.Progress.StageStarted(name);
        TrainingResult result = trainer.Train([new PlannedPhase(name, languages, bytes, source, schedule, 1, false)], work.Pass(name));
        work.Progress.StageFinished(name, result.Phases.Sum(phase => phase.Seconds), cached: false);
        return result;
    }

    // Classifiers are judged by what they get right; other tasks have their loss alone.
    private double? Loss(CorpusSplit split)
    {
        CorpusText[] texts = [.. corpus.Of(split).Take(LossTexts)];
        if (options.Task == FinetuneTask.Classification || texts.Length < 2) return null;
        IBatchSource source = batches.Make(texts, corpus.Labels, 1);
        double sum = 0, labels = 0;
        for (int i = 0; i < source.Steps; i++)
        {
            work.Cancellation.ThrowIfCancellationRequested();
            int count = source.Labels(i);
            sum += engine.Run(source.MicroBatches(i), 1f / count) * count;
            labels += count;
        }
        return labels == 0 ? null : sum / labels;
    }
}
