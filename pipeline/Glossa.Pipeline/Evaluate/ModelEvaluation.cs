using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Pipeline.Export;

namespace Glossa.Pipeline.Evaluate;

/// <summary>What <c>glossa evaluate</c> does: bits per byte of a model folder over the texts of a corpus.</summary>
public static class ModelEvaluation
{
    /// <summary>Scores a model file of a folder.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="tokenizer">The folder's tokenizer.</param>
    /// <param name="texts">Texts of the corpus, in any order; languages come out in ordinal order of their tags.</param>
    /// <param name="split">The part to score; null for all texts.</param>
    /// <param name="precision">Which file.</param>
    /// <param name="threads">Concurrent runs; 0 means one per processor.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <exception cref="InputException">The model does not fit the tokenizer, or the split has no texts.</exception>
    public static EvaluationResult Run(
        ModelFolder folder, ITokenizer tokenizer, IEnumerable<CorpusText> texts, CorpusSplit? split,
        ExportPrecision precision = ExportPrecision.Fp32, int threads = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(texts);
        using CausalScorer scorer = CausalScorer.Open(folder.FileOf(precision), new ScoringOptions
        {
            Window = folder.Facts.Context,
            TextVocabularySize = Math.Min(folder.Facts.TextVocabulary, tokenizer.TextVocabularySize),
            Threads = threads,
        });
        SortedDictionary<string, List<string>> byLanguage = new(StringComparer.Ordinal);
        foreach (CorpusText text in texts)
        {
            if (split is not null && text.Split != split) continue;
            if (!byLanguage.TryGetValue(text.Language, out List<string>? list)) byLanguage.Add(text.Language, list = []);
            list.Add(text.Text);
        }
        if (byLanguage.Count == 0)
        {
            string name = split?.ToString() is { } part ? char.ToLowerInvariant(part[0]) + part[1..] : "whole";
            throw new InputException($"the {name} split of the corpus has no texts", fix: "choose another --split");
        }
        return scorer.Score(tokenizer, [.. byLanguage.Select(l => (l.Key, (IReadOnlyList<string>)l.Value))], cancellation);
    }
}
