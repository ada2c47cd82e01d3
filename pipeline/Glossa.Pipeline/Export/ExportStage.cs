using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokens;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Export;

/// <summary>What the exported folder depends on.</summary>
/// <param name="Export">Precisions and gates.</param>
/// <param name="Scoring">How every file is measured.</param>
/// <param name="Split">How a corpus without a split column was split; written into the folder.</param>
public sealed record ExportSettings(ExportConfig Export, EvaluateSettings Scoring, SplitConfig Split);

/// <summary>Trained weights in; the model folder that people ship, every file of it measured, out.</summary>
public sealed class ExportStage : Stage<ExportSettings>
{
    /// <summary>The model folder in the output.</summary>
    public const string ModelPath = "model";

    /// <summary>The measured figures.</summary>
    public const string ResultFile = "exports.json";

    /// <summary>Texts of the training split that the smaller files are calibrated on.</summary>
    private const int CalibrationTexts = 64;

    /// <inheritdoc/>
    public override string Name => "export";

    /// <inheritdoc/>
    public override int Version => 4;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["tokenizer", "model", "train"];

    /// <inheritdoc/>
    public override IReadOnlyList<PublishedPath> Published => [new PublishedPath(ModelPath, "model")];

    /// <inheritdoc/>
    protected override ExportSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new ExportSettings(config.Export, EvaluateStage.Of(config), config.Corpus.Split);
    }

    /// <inheritdoc/>
    protected override void Run(ExportSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        string tokenizerFolder = context.Input("tokenizer", TokenizerStage.Folder);
        ITokenizer tokenizer = TextTokenizer.Load(tokenizerFolder);
        using TokenFile tokens = TokenFile.Open(context.Input("tokenizer", TokenizerStage.TokensFile));
        SplitSequences split = SplitSequences.Read(tokens, tokenizer, EvaluateStage.SplitOf(settings.Scoring.Split));
        ModelProto model = TrainedModel.Build(context, Path.Combine(context.Input("train", TrainStage.WeightsFolder), TrainStage.FinalName));
        ExportOptions options = new()
        {
            Precisions = [.. settings.Export.Precisions.Select(ExportPrecisions.Of)],
            SearchPlan = settings.Export.Plan == Int4Plan.Search,
            GenAi = settings.Export.Genai is { } genai ? ExportPrecisions.Of(genai) : null,
            Gates = settings.Export.Gates.ToDictionary(gate => ExportPrecisions.Parse(gate.Key), gate => gate.Value),
            Calibration = SplitSequences.Sample(tokens, tokenizer, CorpusSplit.Train, CalibrationTexts).Sequences,
            Scoring = EvaluateStage.Scoring(settings.Scoring, tokenizer, context),
        };
        IReadOnlyList<ExportRecord> records = ModelExporter.Export(
            Path.Combine(context.Output, ModelPath), model, Content(context, tokenizer, tokens, settings, tokenizerFolder), split.Sequences, split.Languages, options, context.Cancellation);
        File.WriteAllBytes(context.OutputFile(ResultFile), JsonSerializer.SerializeToUtf8Bytes(records));
        foreach (ExportRecord record in records)
            context.Progress.Note($"{record.File}: {record.Bytes:N0} bytes, {record.BitsPerByte:F4} bits per byte ({Math.Round(record.RelativeChange, 4):+0.00%;-0.00%;0.00%}), {record.MillisecondsPerSentence:F2} ms a sentence");
    }

    private static ModelFolderContent Content(StageContext context, ITokenizer tokenizer, TokenFile tokens, ExportSettings settings, string tokenizerFolder)
    {
        Dictionary<string, int> tags = [];
        foreach (string language in tokens.Languages)
        {
            if (tokenizer.LanguageTagId(language) is { } id) tags[language] = id;
        }
        TransformerOptions? preset = ModelStage.OptionsOf(context);
        JsonObject config = preset is null
            ? new JsonObject { ["model_type"] = "glossa", ["vocab_size"] = tokenizer.VocabularySize, ["bos_token_id"] = tokenizer.BeginId, ["eos_token_id"] = tokenizer.EndId, ["pad_token_id"] = tokenizer.PadId }
            : PublishedConfig.Of(preset, tokenizer.BeginId, tokenizer.EndId, tokenizer.PadId);
        int length = preset?.Context ?? settings.Scoring.Window;
        return new ModelFolderContent(
            config, new ModelFacts(tokenizer.TextVocabularySize, length, settings.Scoring.Window, tags) { Split = settings.Split },
            new GenerationDefaults(tokenizer.BeginId, tokenizer.EndId, tokenizer.PadId, length, [tokenizer.PadId, tokenizer.BeginId, .. tags.Values]), tokenizerFolder);
    }
}
