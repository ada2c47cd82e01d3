using Glossa.Data.Batches;
using Glossa.Data.Corpora;
using Glossa.Data.Tokens;
using Glossa.Pipeline.Configuration;
using Glossa.Training.Schedules;

namespace Glossa.Pipeline.Train;

/// <summary>A phase ready to run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Languages">Tags of its languages.</param>
/// <param name="UniqueBytes">UTF-8 bytes of their training text.</param>
/// <param name="Batches">What every step sees.</param>
/// <param name="Schedule">Course of the learning rate.</param>
/// <param name="LearningRate">Factor on all rates.</param>
/// <param name="ResetOptimizer">Whether the optimizer starts anew.</param>
public sealed record PlannedPhase(
    string Name, IReadOnlyList<string> Languages, long UniqueBytes, IBatchSource Batches, ScheduleOptions Schedule, double LearningRate, bool ResetOptimizer);

/// <summary>Turns the curriculum section into phases with their batches: phase 1 on the chosen languages, phase 2 on all, or one joint phase.</summary>
public static class CurriculumPlan
{
    /// <summary>Plans every phase. The result depends on the arguments alone.</summary>
    /// <param name="settings">The training settings.</param>
    /// <param name="tokens">The corpus as token ids.</param>
    /// <param name="chosen">Phase-1 languages.</param>
    /// <param name="assembler">Fills the planned batches from the same tokens.</param>
    public static IReadOnlyList<PlannedPhase> Make(TrainSettings settings, TokenFile tokens, IReadOnlyCollection<string> chosen, BatchAssembler assembler)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(tokens);
        List<TrainingWindow>[] windows = Windows(tokens, settings.Context);
        long[] bytes = Bytes(tokens);
        List<PlannedPhase> phases = [];
        foreach (PhaseConfig phase in Phases(settings.Curriculum, windows, tokens, chosen))
        {
            bool[] taking = [.. tokens.Languages.Select(language => phase.Languages == PhaseLanguages.All || chosen.Contains(language))];
            List<TrainingWindow>[] taken = [.. windows.Select((list, i) => taking[i] ? list : [])];
            BatchPlan plan = BatchPlan.Make(taken, new BatchPlanOptions
            {
                Tokens = Budget(phase, taken),
                Sampling = phase.Sampling,
                MicroBatchTokens = settings.Batch.MicroBatchTokens,
                LengthMultiple = Engines.LengthMultiple(settings.Engine, settings.Context),
                MicroBatchesPerStep = Math.Max(1, settings.Batch.TokensPerStep / settings.Batch.MicroBatchTokens),
                Seed = (ulong)settings.Seed + (ulong)phases.Count * 0x9E3779B97F4A7C15,
            });
            bool fresh = phases.Count == 0 || phase.OptimizerState == OptimizerState.Reset;
            phases.Add(new PlannedPhase(
                phase.Name, [.. tokens.Languages.Where((_, i) => taking[i])], bytes.Where((_, i) => taking[i]).Sum(), new PlannedBatches(plan, assembler),
                Schedule(phase, settings.Optimizer, fresh), phase.LearningRate, phases.Count > 0 && phase.OptimizerState == OptimizerState.Reset));
        }
        return phases;
    }

    // The control trains the same number of tokens by the last phase's settings, on all languages from the start.
    private static IReadOnlyList<PhaseConfig> Phases(CurriculumConfig curriculum, List<TrainingWindow>[] windows, TokenFile tokens, IReadOnlyCollection<string> chosen)
    {
        if (curriculum.Control == CurriculumControl.Phases) return curriculum.Phases;
        long total = curriculum.Phases.Sum(phase => Budget(phase,
            [.. windows.Where((_, i) => phase.Languages == PhaseLanguages.All || chosen.Contains(tokens.Languages[i]))]));
        return [curriculum.Phases[^1] with { Name = "joint", Languages = PhaseLanguages.All, Tokens = total, Epochs = null }];
    }

    private static long Budget(PhaseConfig phase, IReadOnlyList<List<TrainingWindow>> windows) => phase.Tokens
        ?? Math.Max(1, (long)(phase.Epochs!.Value * windows.Sum(list => list.Sum(window => (double)window.Predictions))));

    // An optimizer that goes on with its state needs no warm-up.
    private static ScheduleOptions Schedule(PhaseConfig phase, OptimizerConfig optimizer, bool fresh) => new()
    {
        Kind = phase.Schedule switch
        {
            Configuration.LearningRateSchedule.Cosine => ScheduleKind.Cosine,
            Configuration.LearningRateSchedule.Constant => ScheduleKind.Constant,
            _ => ScheduleKind.WarmupStableDecay,
        },
        WarmupFraction = fresh ? optimizer.Warmup : 0,
        DecayFraction = optimizer.Decay,
        FinalFactor = optimizer.FinalFactor,
    };

    private static List<TrainingWindow>[] Windows(TokenFile tokens, int context)
    {
        List<TrainingWindow>[] windows = [.. tokens.Languages.Select(_ => new List<TrainingWindow>())];
        for (int text = 0; text < tokens.TextCount; text++)
        {
            if (tokens.Splits[text] == CorpusSplit.Train)
                windows[tokens.LanguageIndices[text]].AddRange(TrainingWindow.Cut(text, tokens.TokenCounts[text] + 2, context));
        }
        return windows;
    }

    private static long[] Bytes(TokenFile tokens)
    {
        long[] bytes = new long[tokens.Languages.Count];
        for (int text = 0; text < tokens.TextCount; text++)
        {
            if (tokens.Splits[text] == CorpusSplit.Train) bytes[tokens.LanguageIndices[text]] += tokens.Utf8Bytes[text];
        }
        return bytes;
    }
}
