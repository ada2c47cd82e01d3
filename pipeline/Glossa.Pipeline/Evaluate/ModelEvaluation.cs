using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Ingest;

namespace Glossa.Pipeline.Evaluate;

/// <summary>What <c>glossa evaluate</c> does: bits per byte of a model folder over one split of a corpus.</summary>
public static class ModelEvaluation
{
    /// <summary>
    /// Ingests a corpus file the way <c>glossa run</c> does (normalization form C, no duplicates, splits that do not
    /// overlap) and scores a model of a folder on one split of it.
    /// </summary>
    /// <param name="modelFolder">A model folder in Hugging Face layout.</param>
    /// <param name="corpusPath">A CSV file, plain or gzip.</param>
    /// <param name="split">The part to score.</param>
    /// <param name="precision">Which file of the folder.</param>
    /// <param name="domain">The only domain of the corpus that is scored; null for all.</param>
    /// <param name="threads">Concurrent runs; 0 means one per processor.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <exception cref="InputException">The folder, the corpus, or their combination is not usable.</exception>
    public static EvaluationResult Run(
        string modelFolder, string corpusPath, CorpusSplit split, ExportPrecision precision = ExportPrecision.Fp32,
        string? domain = null, int threads = 0, CancellationToken cancellation = default)
    {
        ModelFolder folder = ModelFolder.Open(modelFolder);
        TextTokenizer tokenizer = TextTokenizer.Load(folder.Path);
        string storePath = Path.Combine(Path.GetTempPath(), $"glossa-evaluate-{Guid.NewGuid():N}.texts");
        try
        {
            // Without a split column the corpus is split as the model's training split it.
            IngestOptions ingest = IngestStage.SplitOptions(folder.Facts.Split ?? new SplitConfig());
            CorpusIngest.Run(corpusPath, storePath, ingest with { Columns = ingest.Columns with { TrainDomain = domain, EvaluationDomain = domain } }, cancellation);
            using TextStore store = TextStore.Open(storePath);
            return Run(folder, tokenizer, store, split, precision, threads, cancellation);
        }
        finally
        {
            File.Delete(storePath);
        }
    }

    /// <summary>Scores a model of a folder on one split of an ingested corpus; languages without a text in it are left out.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="tokenizer">The folder's tokenizer.</param>
    /// <param name="store">The corpus.</param>
    /// <param name="split">The part to score.</param>
    /// <param name="precision">Which file of the folder.</param>
    /// <param name="threads">Concurrent runs; 0 means one per processor.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <exception cref="InputException">The model does not fit the tokenizer, or the split has no texts.</exception>
    public static EvaluationResult Run(
        ModelFolder folder, ITokenizer tokenizer, TextStore store, CorpusSplit split,
        ExportPrecision precision = ExportPrecision.Fp32, int threads = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(store);
        string[] languages = [.. store.Languages.Where(l => store.Count(l, split) > 0)];
        if (languages.Length == 0)
            throw new InputException($"the {split.ToString().ToLowerInvariant()} split of the corpus has no texts", fix: "choose another --split");
        using CausalScorer scorer = CausalScorer.Open(folder.FileOf(precision), folder.ScoringOptions(tokenizer, threads));
        return scorer.Score(tokenizer, [.. languages.Select(l => (l, (IReadOnlyList<string>)[.. store.Texts(l, split)]))], cancellation);
    }
}
