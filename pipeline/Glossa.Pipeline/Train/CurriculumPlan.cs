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
    string Name, IReadOnlyList<string> Languages, long UniqueBytes, IBatchSource Batches, ScheduleOptions Schedule, double LearningRate, bool ResetOptimizer)
{
    /// <summary>Pattern over the names of the parameters that move; the others stay as they are, moments included.</summary>
    public string Trained { get; init; } = "*";
}

/// <summary>Turns the curriculum section into phases with their batches, or into one joint phase.</summary>
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
        WindowIndex[] windows = [.. tokens.Languages.Select((_, language) => Windows(tokens, language, settings.Context))];
        long[] bytes = [.. tokens.Languages.Select((_, language) => tokens.BytesOf(language, CorpusSplit.Train))];
        bool[] isChosen = [.. tokens.Languages.Select(chosen.Contains)];
        bool[] before = new bool[tokens.Languages.Count];
        List<PlannedPhase> phases = [];
        foreach (PhaseConfig phase in Phases(settings.Curriculum, windows, isChosen))
        {
            bool[] own = Languages(phase.Languages, isChosen);
            WindowIndex[] taken = Of(windows, own);
            ReplayedWindows? replayed = phase.ReplayShare == 0 ? null : new ReplayedWindows(Of(windows, before), phase.Replay, phase.ReplayEnd ?? phase.Replay);
            BatchPlan plan = BatchPlan.Make(taken, new BatchPlanOptions
            {
                Tokens = Budget(phase, taken),
                Sampling = phase.Sampling,
                MicroBatchTokens = settings.Batch.MicroBatchTokens,
                LengthMultiple = Engines.LengthMultiple(settings.Engine, settings.Context),
                MicroBatchesPerStep = Math.Max(1, settings.Batch.TokensPerStep / settings.Batch.MicroBatchTokens),
                Seed = (ulong)settings.Seed + (ulong)phases.Count * 0x9E3779B97F4A7C15,
            }, replayed);
            bool reset = phase.OptimizerState == OptimizerState.Reset;
            bool[] seen = replayed is null ? own : Union(own, before);
            phases.Add(new PlannedPhase(
                phase.Name, [.. tokens.Languages.Where((_, i) => seen[i] && windows[i].Count > 0)], bytes.Where((_, i) => seen[i]).Sum(), new PlannedBatches(plan, assembler),
                Schedule(phase, settings.Optimizer, fresh: phases.Count == 0 || reset || phase.Rewarm), phase.LearningRate, phases.Count > 0 && reset)
            {
                Trained = Optimizers.PatternOf(phase.Train),
            });
            before = Union(before, own);
        }
        return phases;
    }

    // The control trains the same number of tokens by the last phase's settings, on the languages of all phases from the start.
    private static IReadOnlyList<PhaseConfig> Phases(CurriculumConfig curriculum, WindowIndex[] windows, bool[] isChosen)
    {
        if (curriculum.Control == CurriculumControl.Phases) return curriculum.Phases;
        long total = curriculum.Phases.Sum(phase => Budget(phase, Of(windows, Languages(phase.Languages, isChosen))));
        PhaseLanguages[] languages = [.. curriculum.Phases.Select(phase => phase.Languages).Distinct()];
        return
        [
            curriculum.Phases[^1] with
            {
                Name = "joint",
                Languages = languages.Length == 1 ? languages[0] : PhaseLanguages.All,
                Tokens = total,
                Epochs = null,
                Replay = 0,
                ReplayEnd = null,
                Train = new PhaseConfig().Train,
            },
        ];
    }

    private static bool[] Languages(PhaseLanguages which, bool[] isChosen) => [.. isChosen.Select(chosen => which == PhaseLanguages.All || chosen == (which == PhaseLanguages.Chosen))];

    private static WindowIndex[] Of(WindowIndex[] windows, bool[] languages) => [.. windows.Select((index, i) => languages[i] ? index : WindowIndex.Empty)];

    private static bool[] Union(bool[] one, bool[] other) => [.. one.Zip(other, (a, b) => a || b)];

    private static long Budget(PhaseConfig phase, IReadOnlyList<WindowIndex> windows) => phase.Tokens
        ?? Math.Max(1, (long)(phase.Epochs!.Value * windows.Sum(index => (double)index.Predictions)));

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

    /// <summary>The training windows of a language. A sequence has the language's tag or <c>&lt;bos&gt;</c> before the text and <c>&lt;eos&gt;</c> after it.</summary>
    internal static WindowIndex Windows(TokenFile tokens, int language, int context)
    {
        TextRange texts = tokens.Texts(language, CorpusSplit.Train);
        return new WindowIndex(texts.First, texts.Count, text => tokens.TokenCountOf(text) + 2, context);
    }
}
