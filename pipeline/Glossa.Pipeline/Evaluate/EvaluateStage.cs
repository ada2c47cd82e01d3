using System.Text.Json;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokens;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Evaluate;

/// <summary>What evaluation depends on.</summary>
/// <param name="Split">The split that is scored.</param>
/// <param name="Window">Most tokens a model sees at once.</param>
/// <param name="BatchTokens">Tokens of a run.</param>
/// <param name="AfterEachPhase">Whether the weights after earlier phases are scored too.</param>
public sealed record EvaluateSettings(EvaluationSplit Split, int Window, int BatchTokens, bool AfterEachPhase);

/// <summary>Figures of one set of weights.</summary>
/// <param name="Mean">Unweighted mean over languages, bits per byte.</param>
/// <param name="Median">Median over languages.</param>
/// <param name="WorstDecile">Mean of the worst tenth of the languages.</param>
/// <param name="Languages">Bits per byte by language.</param>
public sealed record PhaseScore(double Mean, double Median, double WorstDecile, IReadOnlyDictionary<string, double> Languages);

/// <summary>What evaluation found.</summary>
/// <param name="Split">The split.</param>
/// <param name="Window">Most tokens a model sees at once.</param>
/// <param name="Stride">Tokens by which the window of a long text advances.</param>
/// <param name="AfterPhases">Scores after each phase but the last, in order.</param>
/// <param name="Final">Score of the final weights.</param>
public sealed record EvaluationSummary(string Split, int Window, int Stride, IReadOnlyList<PhaseScore> AfterPhases, PhaseScore Final);

/// <summary>Trained weights in, bits per byte by language out.</summary>
public sealed class EvaluateStage : Stage<EvaluateSettings>
{
    /// <summary>The figures.</summary>
    public const string ResultFile = "evaluation.json";

    /// <inheritdoc/>
    public override string Name => "evaluate";

    /// <inheritdoc/>
    public override int Version => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["tokenizer", "model", "train"];

    /// <inheritdoc/>
    protected override EvaluateSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Of(config);
    }

    /// <summary>The settings that scoring depends on, for every stage that scores.</summary>
    public static EvaluateSettings Of(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        EvaluationConfig evaluation = config.Evaluation;
        return new EvaluateSettings(evaluation.Split, evaluation.Window ?? ModelOptions.ContextOf(config.Model), evaluation.BatchTokens, evaluation.AfterEachPhase);
    }

    /// <summary>How models are scored.</summary>
    public static ScoringOptions Scoring(EvaluateSettings settings, ITokenizer tokenizer, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(context);
        return new ScoringOptions
        {
            Window = settings.Window,
            TextVocabularySize = tokenizer.TextVocabularySize,
            Threads = Workers.Of(context.Engine),
            BatchTokens = settings.BatchTokens,
        };
    }

    /// <summary>The corpus's split of a setting.</summary>
    public static CorpusSplit SplitOf(EvaluationSplit split) => split == EvaluationSplit.Valid ? CorpusSplit.Valid : CorpusSplit.Test;

    /// <inheritdoc/>
    protected override void Run(EvaluateSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        ITokenizer tokenizer = TokenizerFolder.Load(context.Input("tokenizer", TokenizerStage.Folder));
        using TokenFile tokens = TokenFile.Open(context.Input("tokenizer", TokenizerStage.TokensFile));
        SplitSequences split = SplitSequences.Read(tokens, tokenizer, SplitOf(settings.Split));
        ScoringOptions scoring = Scoring(settings, tokenizer, context);
        string folder = context.Input("train", TrainStage.WeightsFolder);
        List<PhaseScore> after = [];
        for (int phase = 0; settings.AfterEachPhase && File.Exists(Path.Combine(folder, TrainStage.PhaseName(phase))); phase++)
        {
            context.Progress.Report(new ProgressUpdate(phase, 0, "models", Detail: $"after phase {phase + 1}"));
            after.Add(Score(TrainedModel.Build(context, Path.Combine(folder, TrainStage.PhaseName(phase))), split, scoring, context));
        }
        PhaseScore final = Score(TrainedModel.Build(context, Path.Combine(folder, TrainStage.FinalName)), split, scoring, context);
        EvaluationSummary summary = new(settings.Split.ToString().ToLowerInvariant(), scoring.Window, scoring.Stride, after, final);
        File.WriteAllBytes(context.OutputFile(ResultFile), JsonSerializer.SerializeToUtf8Bytes(summary));
        context.Progress.Note($"{final.Mean:F4} bits per byte, mean over {final.Languages.Count} languages");
    }

    private static PhaseScore Score(ModelProto model, SplitSequences split, ScoringOptions scoring, StageContext context)
    {
        using CausalScorer scorer = CausalScorer.Load(model, scoring);
        EvaluationResult result = scorer.Score(split.Sequences, split.Languages, context.Cancellation);
        return new PhaseScore(result.Mean, result.Median, result.WorstDecile,
            new SortedDictionary<string, double>(result.Languages.ToDictionary(l => l.Language, l => l.BitsPerByte), StringComparer.Ordinal));
    }
}
