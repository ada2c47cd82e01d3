using System.Text.Json;
using Glossa.Data.Corpora;
using Glossa.Data.Languages;
using Glossa.Data.Languages.Selection;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokens;
using Glossa.Models.Presets;
using Glossa.Pipeline.Budget;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Distill;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Ingest;
using Glossa.Pipeline.Languages;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Report.Events;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Pipeline.Train;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Pipeline.Report;

/// <summary>What the report depends on beside the stages' results.</summary>

/// <param name="Corpus">Name of the corpus.</param>
/// <param name="Languages">How phase 1 was chosen.</param>
/// <param name="Tokenizer">Kind of the tokenizer.</param>
/// <param name="Preset">Name of the preset or graph.</param>
/// <param name="Seed">The seed.</param>
public sealed record ReportSettings(string Corpus, LanguageMethod Languages, TokenizerKind Tokenizer, string Preset, long Seed)
{
    /// <summary>How the model learned from teachers; null where there were none.</summary>
    public DistillationSettings? Distillation { get; init; }
}

/// <summary>The results of all stages in; report.json, report.html, the model card and the TensorBoard events out.</summary>
public sealed class ReportStage : Stage<ReportSettings>
{
    private const string TableInput = "language table";

    /// <inheritdoc/>
    public override string Name => "report";

    /// <inheritdoc/>
    public override int Version => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["ingest", "languages", "budget", "tokenizer", "model", "train", "evaluate", "export"];

    /// <inheritdoc/>
    public override IReadOnlyList<PublishedPath> Published =>
        [new("report.json", "report.json"), new("report.html", "report.html"), new("README.md", "README.md"), new("events", "events")];

    /// <inheritdoc/>
    public override IReadOnlyList<InputFile> SelectFiles(RunConfig config) => [new InputFile(TableInput, EmbeddedCorpora.LanguagesPath)];

    /// <inheritdoc/>
    protected override ReportSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new ReportSettings(Path.GetFileName(config.Corpus.Path), config.Languages.Method, config.Tokenizer.Kind, config.Model.Preset ?? "graph", config.Seed) { Distillation = DistillationSettings.Of(config.Distillation) };
    }

    /// <inheritdoc/>
    protected override void Run(ReportSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        using TextStore texts = TextStore.Open(BudgetStage.FileIn(context, IngestStage.StoreFile));
        EvaluationSummary evaluation = Read<EvaluationSummary>(context, "evaluate", EvaluateStage.ResultFile);
        TrainingResult training = Read<TrainingResult>(context, "train", TrainStage.ResultFile);
        SelectionResult selection = LanguagesStage.ResultIn(context);
        Dictionary<string, double>? baseline = Baseline(context);
        RunReport report = new()
        {
            Config = $"{settings.Preset} on {settings.Corpus}",
            BitsPerByte = new BitsPerByteSummary(evaluation.Final.Mean, evaluation.Final.Median, evaluation.Final.WorstDecile),
            Lzma2 = baseline is { Count: > 0 } ? BitsPerByteSummary.Of(baseline.Values) : null,
            Evaluation = new EvaluationSettings(evaluation.Split, evaluation.Window, evaluation.Stride),
            Training = Training(training, settings),
            Model = Model(context, settings),
            Tokenizer = TokenizerOf(context, settings),
            Corpus = Corpus(settings.Corpus, texts, evaluation.Split == "valid" ? CorpusSplit.Valid : CorpusSplit.Test),
            Exports = [.. Read<List<ExportRecord>>(context, "export", ExportStage.ResultFile)
                .Select(e => new ExportedFile(e.Precision, ExportStage.ModelPath + "/" + e.File, e.Bytes, e.BitsPerByte, e.RelativeChange, e.MillisecondsPerSentence, e.Speed))],
            Stages = [.. context.Finished.Select(stage => new StageTiming(stage.Name, stage.Seconds, stage.Cached))],
            Machine = MachineInfo.Detect(OrtEnv.Instance().GetVersionString()),
            LanguageSelection = Selection(selection, settings.Languages),
            Languages = Languages(texts, evaluation, selection, baseline, LanguageTable.Load(context.File(TableInput))),
            LearningCurve = Curve(training),
        };
        ReportWriter.Write(context.Output, report);
        // A wall clock would make equal runs differ: the events count from the start of training.
        EventFile.Write(Path.Combine(context.Output, "events"), 0, report.LearningCurve);
    }

    private static T Read<T>(StageContext context, string stage, string file) =>
        JsonSerializer.Deserialize<T>(File.ReadAllBytes(context.Input(stage, file)))!;

    private static Dictionary<string, double>? Baseline(StageContext context)
    {
        string path = BudgetStage.FileIn(context, IngestStage.BaselineFile);
        return File.Exists(path) ? JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllBytes(path)) : null;
    }

    private static TrainingSummary Training(TrainingResult training, ReportSettings settings) => new(
        [.. training.Phases.Select(phase => new PhaseSummary(
            phase.Name, phase.Languages.Count, phase.UniqueBytes, phase.Tokens, phase.Steps, phase.Seconds, phase.Seconds > 0 ? phase.Tokens / phase.Seconds : 0))],
        training.Parameters, settings.Seed)
    {
        Teachers = settings.Distillation is { } from ? new TeacherSummary(from.Teachers, from.Weight, from.Candidates) : null,
    };

    private static ModelSummary Model(StageContext context, ReportSettings settings)
    {
        TransformerOptions? options = ModelStage.OptionsOf(context);
        ITokenizer tokenizer = TextTokenizer.Load(context.Input("tokenizer", TokenizerStage.Folder));
        return new ModelSummary(settings.Preset, "causal-lm", options?.ModelType, options?.Context ?? 0, tokenizer.VocabularySize > tokenizer.TextVocabularySize);
    }

    private static TokenizerSummary TokenizerOf(StageContext context, ReportSettings settings)
    {
        using TokenFile tokens = TokenFile.Open(context.Input("tokenizer", TokenizerStage.TokensFile));
        Dictionary<string, double> bytes = Read<Dictionary<string, double>>(context, "tokenizer", TokenizerStage.ReportFile);
        KeyValuePair<string, double> worst = bytes.MinBy(entry => entry.Value);
        string kind = settings.Tokenizer == TokenizerKind.ByteLevelBpe ? "byte-level BPE" : settings.Tokenizer.ToString();
        return new TokenizerSummary(kind, tokens.TextVocabularySize, new BytesPerToken(bytes.Values.Average(), worst.Value, worst.Key));
    }

    private static CorpusSummary Corpus(string name, TextStore texts, CorpusSplit split) => new(
        name, texts.Languages.Sum(l => Enum.GetValues<CorpusSplit>().Sum(part => (long)texts.Count(l, part))),
        texts.Languages.Sum(l => texts.Bytes(l, CorpusSplit.Train)), texts.Languages.Sum(l => texts.Bytes(l, split)));

    private static LanguageSelection Selection(SelectionResult selection, LanguageMethod method) => new(
        method.ToString().ToLowerInvariant(),
        [.. selection.Picks.Select(pick => new Report.LanguagePick(pick.Tag, pick.Reason, pick.Gain))],
        [.. selection.Others.Select(r => new NearestRelative(r.Tag, r.NearestTag, r.Similarity))]);

    private static List<LanguageResult> Languages(
        TextStore texts, EvaluationSummary evaluation, SelectionResult selection, Dictionary<string, double>? baseline, LanguageTable table)
    {
        HashSet<string> chosen = [.. selection.Picks.Select(pick => pick.Tag)];
        IReadOnlyDictionary<string, double>? first = evaluation.AfterPhases.Count > 0 ? evaluation.AfterPhases[0].Languages : null;
        return [.. evaluation.Final.Languages.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry =>
        {
            LanguageInfo? info = table.Find(entry.Key);
            return new LanguageResult(
                entry.Key, chosen.Contains(entry.Key) ? 1 : 2, texts.Bytes(entry.Key, CorpusSplit.Train),
                first is not null && first.TryGetValue(entry.Key, out double after) ? after : null, entry.Value,
                baseline is not null && baseline.TryGetValue(entry.Key, out double lzma2) ? lzma2 : null, info?.Name, info?.Script, info?.Family);
        })];
    }

    private static List<LearningCurvePoint> Curve(TrainingResult training)
    {
        List<LearningCurvePoint> points = [];
        CurvePoint? before = null;
        foreach (CurvePoint point in training.Curve)
        {
            double seconds = point.Seconds - (before?.Seconds ?? 0);
            int phase = training.Phases.ToList().FindIndex(p => p.Name == point.Phase) + 1;
            points.Add(new LearningCurvePoint(point.Step, point.Tokens, phase, point.Loss, point.LearningRateFactor, point.GradientNorm,
                seconds > 0 ? (point.Tokens - (before?.Tokens ?? 0)) / seconds : 0));
            before = point;
        }
        return points;
    }
}
