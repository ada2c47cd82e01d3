using System.Text.Json;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokens;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Study.Cells;

/// <summary>What scoring depends on.</summary>
/// <param name="Window">Most tokens a model sees at once.</param>
/// <param name="BatchTokens">Tokens of a run.</param>
/// <param name="BytesPerLanguage">Most bytes of each language and split; null for all.</param>
internal sealed record ScoreSettings(int Window, int BatchTokens, long? BytesPerLanguage);

/// <summary>What scoring found.</summary>
/// <param name="Valid">The split that settings are chosen by.</param>
/// <param name="Test">The split of the figures.</param>
/// <param name="TrainBytes">UTF-8 bytes of training text by language.</param>
internal sealed record CellScores(IReadOnlyList<LanguageScore> Valid, IReadOnlyList<LanguageScore> Test, IReadOnlyDictionary<string, long> TrainBytes);

/// <summary>Trained weights in, bits per byte of the valid and the test split by language out.</summary>
/// <param name="bytesPerLanguage">Most bytes of each language and split; null for all.</param>
internal sealed class ScoreStage(long? bytesPerLanguage) : Stage<ScoreSettings>
{
    /// <summary>The figures.</summary>
    public const string ResultFile = "scores.json";

    /// <inheritdoc/>
    public override string Name => "score";

    /// <inheritdoc/>
    public override int Version => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["tokenizer", "model", "train"];

    /// <summary>Most bytes of each language and split; null for all.</summary>
    public long? BytesPerLanguage => bytesPerLanguage;

    /// <inheritdoc/>
    protected override ScoreSettings SettingsFrom(RunConfig config)
    {
        EvaluateSettings settings = EvaluateStage.Of(config);
        return new ScoreSettings(settings.Window, settings.BatchTokens, bytesPerLanguage);
    }

    /// <inheritdoc/>
    protected override void Run(ScoreSettings settings, StageContext context)
    {
        ITokenizer tokenizer = TextTokenizer.Load(context.Input("tokenizer", TokenizerStage.Folder));
        using TokenFile tokens = TokenFile.Open(context.Input("tokenizer", TokenizerStage.TokensFile));
        ScoringOptions scoring = EvaluateStage.Scoring(new EvaluateSettings(EvaluationSplit.Test, settings.Window, settings.BatchTokens, false), tokenizer, context);
        using CausalScorer scorer = CausalScorer.Load(TrainedModel.Build(context, context.Input("train", Path.Combine(TrainStage.WeightsFolder, TrainStage.FinalName))), scoring);
        CellScores scores = new(Score(CorpusSplit.Valid), Score(CorpusSplit.Test), TrainBytes(tokens));
        File.WriteAllBytes(context.OutputFile(ResultFile), JsonSerializer.SerializeToUtf8Bytes(scores));

        IReadOnlyList<LanguageScore> Score(CorpusSplit split)
        {
            context.Progress.Report(new ProgressUpdate(0, 0, "texts", Detail: split.ToString().ToLowerInvariant()));
            SplitSequences all = SplitSequences.Read(tokens, tokenizer, split);
            IReadOnlyList<ScoringSequence> sequences = settings.BytesPerLanguage is long most ? Thin(all, most) : all.Sequences;
            return scorer.Score(sequences, all.Languages, context.Cancellation).Languages;
        }
    }

    /// <summary>About so many bytes of each language: texts spread evenly over the split, the first one always.</summary>
    internal static IReadOnlyList<ScoringSequence> Thin(SplitSequences split, long bytes)
    {
        long[] all = new long[split.Languages.Count];
        foreach (ScoringSequence text in split.Sequences) all[text.Language] += text.Bytes;
        double[] due = [.. all.Select(_ => 1.0)];
        List<ScoringSequence> kept = [];
        foreach (ScoringSequence text in split.Sequences)
        {
            if (due[text.Language] >= 1)
            {
                kept.Add(text);
                due[text.Language] -= 1;
            }
            due[text.Language] += Math.Min(1, (double)bytes / all[text.Language]);
        }
        return kept;
    }

    private static SortedDictionary<string, long> TrainBytes(TokenFile tokens)
    {
        SortedDictionary<string, long> bytes = new(StringComparer.Ordinal);
        for (int language = 0; language < tokens.Languages.Count; language++)
        {
            if (tokens.Texts(language, CorpusSplit.Train).Count > 0) bytes[tokens.Languages[language]] = tokens.BytesOf(language, CorpusSplit.Train);
        }
        return bytes;
    }
}
