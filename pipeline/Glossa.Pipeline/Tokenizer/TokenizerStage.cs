using System.Text.Json;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokens;
using Glossa.Pipeline.Budget;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Ingest;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Tokenizer;

/// <summary>What the tokenizer depends on.</summary>
/// <param name="Tokenizer">Kind, size, sampling.</param>
/// <param name="Context">Longest sequence of the model, written into the tokenizer's files.</param>
/// <param name="Started">Whether the tokenizer is that of <c>model.start</c>, with tags for new languages.</param>
public sealed record TokenizerSettings(TokenizerConfig Tokenizer, int Context, bool Started);

/// <summary>Texts in; a tokenizer trained on the training texts, and every text as token ids, out.</summary>
public sealed class TokenizerStage : Stage<TokenizerSettings>
{
    /// <summary>The whole corpus as token ids.</summary>
    public const string TokensFile = "tokens.bin";

    /// <summary>Bytes per token by language.</summary>
    public const string ReportFile = "tokenizer-report.json";

    /// <summary>Folder of tokenizer.json and tokenizer_config.json.</summary>
    public const string Folder = "tokenizer";

    /// <inheritdoc/>
    public override string Name => "tokenizer";

    /// <inheritdoc/>
    public override int Version => 2;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["ingest", "budget"];

    /// <inheritdoc/>
    protected override TokenizerSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new TokenizerSettings(config.Tokenizer, ModelOptions.ContextOf(config.Model), config.Model.Start is not null);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<InputFile> SelectFiles(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return StartFolder.TokenizerFiles(config.Model.Start);
    }

    /// <inheritdoc/>
    protected override void Run(TokenizerSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        int threads = Workers.Of(context.Engine);
        using TextStore texts = TextStore.Open(BudgetStage.FileIn(context, IngestStage.StoreFile));
        string folder = Path.Combine(context.Output, Folder);
        if (settings.Started)
        {
            LanguageTagTokens.Extend(context.File(StartFolder.Tokenizer), context.File(StartFolder.TokenizerConfig),
                settings.Tokenizer.LanguageTags ? texts.Languages : [], folder, settings.Context);
        }
        else TrainedTokenizer.Train(texts, settings.Tokenizer, threads).Save(folder, settings.Context);
        ITokenizer tokenizer = TextTokenizer.Load(folder);
        context.Cancellation.ThrowIfCancellationRequested();
        string path = context.OutputFile(TokensFile);
        TokenFileWriter.Write(path, [.. texts.Languages], Texts(texts), tokenizer, threads);
        using TokenFile tokens = TokenFile.Open(path);
        File.WriteAllBytes(context.OutputFile(ReportFile), JsonSerializer.SerializeToUtf8Bytes(BytesPerToken(tokens)));
        context.Progress.Note($"vocabulary {tokenizer.TextVocabularySize} and {texts.Languages.Count} language tags; {tokens.TokenCount} tokens");
    }

    private static IEnumerable<(int LanguageIndex, CorpusSplit Split, string Text)> Texts(TextStore texts)
    {
        for (int i = 0; i < texts.Languages.Count; i++)
        {
            foreach (CorpusSplit split in Enum.GetValues<CorpusSplit>())
            {
                foreach (string text in texts.Texts(texts.Languages[i], split)) yield return (i, split, text);
            }
        }
    }

    private static SortedDictionary<string, double> BytesPerToken(TokenFile tokens)
    {
        SortedDictionary<string, double> result = new(StringComparer.Ordinal);
        for (int i = 0; i < tokens.Languages.Count; i++)
        {
            double bytes = 0, count = 0;
            foreach (CorpusSplit split in Enum.GetValues<CorpusSplit>())
            {
                TextRange texts = tokens.Texts(i, split);
                bytes += tokens.BytesOf(i, split);
                count += tokens.TokenOffsets[texts.End] - tokens.TokenOffsets[texts.First];
            }
            result[tokens.Languages[i]] = count == 0 ? 0 : bytes / count;
        }
        return result;
    }
}
