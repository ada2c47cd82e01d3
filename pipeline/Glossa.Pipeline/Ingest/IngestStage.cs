using System.Text.Json;
using Glossa.Data.Baselines;
using Glossa.Data.Corpora;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Ingest;

/// <summary>What ingest depends on.</summary>
/// <param name="Columns">The CSV file's columns.</param>
/// <param name="Split">Shares of valid and test where the file has no split.</param>
/// <param name="Languages">The only languages to keep; empty for all.</param>
/// <param name="NearDuplicates">Overlap from which training texts are near duplicates; null for none.</param>
/// <param name="TrainBytesPerLanguage">Most training text of a language; null for all.</param>
/// <param name="Domains">Domains of training and evaluation.</param>
/// <param name="Baseline">The split whose LZMA2 figures are made; null for none.</param>
public sealed record IngestSettings(ColumnsConfig Columns, SplitConfig Split, ValueList<string> Languages, double? NearDuplicates, long? TrainBytesPerLanguage, DomainsConfig Domains, EvaluationSplit? Baseline);

/// <summary>CSV in, texts by language and split out; beside them what a general compressor makes of the same texts.</summary>
public sealed class IngestStage : Stage<IngestSettings>
{
    /// <summary>The ingested texts.</summary>
    public const string StoreFile = "corpus.store";

    /// <summary>Bits per byte of raw LZMA2 by language.</summary>
    public const string BaselineFile = "baseline.json";

    private const string CorpusInput = "corpus";

    /// <inheritdoc/>
    public override string Name => "ingest";

    /// <inheritdoc/>
    public override int Version => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<InputFile> SelectFiles(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return [new InputFile(CorpusInput, config.Corpus.Path == CorpusConfig.Embedded ? EmbeddedCorpora.UdhrPath : config.Corpus.Path)];
    }

    /// <inheritdoc/>
    protected override IngestSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        // Under a budget the figure is that of the budget's text, made when the languages are chosen.
        bool baseline = config.Evaluation.Baseline && config.Corpus.Budget.Smaller is null;
        return new IngestSettings(config.Corpus.Columns, config.Corpus.Split, config.Corpus.Languages, config.Corpus.NearDuplicates, config.Corpus.TrainBytesPerLanguage, config.Corpus.Domains, baseline ? config.Evaluation.Split : null);
    }

    /// <inheritdoc/>
    protected override void Run(IngestSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        string store = context.OutputFile(StoreFile);
        IngestResult result = CorpusIngest.Run(context.File(CorpusInput), store, Options(settings), context.Cancellation);
        if (result.TrainTexts == 0) throw new InputException("the corpus has no text to train on", context.File(CorpusInput), "check corpus.split");
        File.WriteAllBytes(context.OutputFile("ingest.json"), JsonSerializer.SerializeToUtf8Bytes(result));
        context.Progress.Note($"{result.Languages} languages; {result.TrainTexts} texts to train on, {result.ValidTexts} valid, {result.TestTexts} test; {result.Duplicates} duplicates{(settings.NearDuplicates is null ? "" : $" and {result.NearDuplicates} near duplicates")} dropped");
        if (settings.Baseline is { } split) WriteBaseline(store, EvaluateStage.SplitOf(split), context);
    }

    /// <summary>How a corpus without a split column is split.</summary>
    public static IngestOptions SplitOptions(SplitConfig split)
    {
        ArgumentNullException.ThrowIfNull(split);
        return new IngestOptions { ValidFraction = split.Valid, TestFraction = split.Test, Seed = (ulong)split.Seed };
    }

    private static IngestOptions Options(IngestSettings settings) => SplitOptions(settings.Split) with
    {
        Columns = new CorpusColumns
        {
            Language = settings.Columns.Language,
            Text = settings.Columns.Text,
            // The usual names are looked for and may be missing; a name of the user's own has to be there.
            Split = settings.Columns.Split == new ColumnsConfig().Split ? null : settings.Columns.Split,
            Label = settings.Columns.Label == new ColumnsConfig().Label ? null : settings.Columns.Label,
            Domain = settings.Columns.Domain,
            TrainDomain = settings.Domains.Train,
            EvaluationDomain = settings.Domains.Evaluate,
        },
        Languages = settings.Languages,
        NearDuplicates = settings.NearDuplicates,
        TrainBytesPerLanguage = settings.TrainBytesPerLanguage,
    };

    /// <summary>Writes what LZMA2 makes of a store's texts into a stage's output.</summary>
    internal static void WriteBaseline(string store, CorpusSplit split, StageContext context)
    {
        using TextStore texts = TextStore.Open(store);
        SortedDictionary<string, double> bits = new(StringComparer.Ordinal);
        int done = 0;
        Parallel.ForEach(texts.Languages, new ParallelOptions { MaxDegreeOfParallelism = Workers.Of(context.Engine), CancellationToken = context.Cancellation }, language =>
        {
            double? figure = Lzma2Baseline.BitsPerByte(texts.Texts(language, CorpusSplit.Train), texts.Texts(language, split));
            lock (bits)
            {
                if (figure is { } value) bits[language] = value;
                context.Progress.Report(new ProgressUpdate(++done, texts.Languages.Count, "languages", Detail: "LZMA2 baseline"));
            }
        });
        File.WriteAllBytes(context.OutputFile(BaselineFile), JsonSerializer.SerializeToUtf8Bytes(bits));
    }
}
