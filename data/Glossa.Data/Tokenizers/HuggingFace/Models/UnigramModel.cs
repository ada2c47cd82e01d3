using Glossa.Data.Corpora.Normalization;
using System.Buffers;
using System.Text;

namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>
/// Unigram (Kudo, 2018): of all ways to cut a piece into tokens the one with the largest sum of scores, by Viterbi's
/// algorithm. Neighbouring unknown characters are one unknown token, or their bytes where the vocabulary has byte pieces.
/// </summary>
internal sealed class UnigramModel : CachedModel
{
    // What sentencepiece takes off the lowest score for an unknown character.
    private const double UnknownPenalty = 10;

    private readonly PrefixTree _tree;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly int[]? _byteIds;

    /// <summary>Takes a vocabulary.</summary>
    /// <param name="vocabulary">Tokens and ids.</param>
    /// <param name="scores">The score of each id.</param>
    /// <param name="unknown">The unknown token's id; -1 where there is none.</param>
    /// <param name="byteFallback">Whether unknown characters become byte pieces.</param>
    /// <param name="inText">The tokens that text can have; null for all.</param>
    /// <param name="lowestScore">What unknown characters are scored below; null for the lowest of all scores.</param>
    public UnigramModel(ModelVocabulary vocabulary, double[] scores, int unknown, bool byteFallback, IReadOnlyDictionary<string, int>? inText = null, double? lowestScore = null)
        : base(vocabulary)
    {
        (_scores, _unknown) = (scores, unknown);
        _tree = new PrefixTree(inText ?? vocabulary.Ids);
        _unknownScore = (lowestScore ?? scores.DefaultIfEmpty().Min()) - UnknownPenalty;
        _byteIds = byteFallback ? vocabulary.ByteIds() : null;
    }

    /// <inheritdoc/>
    public override int WrittenAsText => _unknown;

    /// <inheritdoc/>
    protected override void TokenizeAnew(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        int count = piece.Length + 1;
        double[] scores = ArrayPool<double>.Shared.Rent(count);
        int[] starts = ArrayPool<int>.Shared.Rent(count), ids = ArrayPool<int>.Shared.Rent(count);
        try
        {
            FindBest(piece, scores, starts.AsSpan(0, count), ids);
            Collect(piece, starts, ids, tokens);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(scores);
            ArrayPool<int>.Shared.Return(starts);
            ArrayPool<int>.Shared.Return(ids);
        }
    }

    /// <summary>For every place, where the last token of the best way to it starts, and its id.</summary>
    private void FindBest(ReadOnlySpan<char> piece, double[] scores, Span<int> starts, int[] ids)
    {
        starts.Fill(-1);
        scores[0] = 0;
        for (int start = 0; start < piece.Length;)
        {
            Utf16.CodePointAt(piece, start, out int characterLength);
            double soFar = scores[start];
            bool hasSingle = false;
            int node = PrefixTree.Root;
            for (int end = start; end < piece.Length && (node = _tree.Child(node, piece[end])) >= 0;)
            {
                end++;
                int id = _tree.IdAt(node);
                if (id < 0) continue;
                Offer(end, _scores[id] + soFar, id, starts);
                hasSingle |= end - start == characterLength;
            }
            if (!hasSingle) Offer(start + characterLength, _unknownScore + soFar, RequireUnknown(piece), starts);
            start += characterLength;

            void Offer(int end, double score, int id, Span<int> places)
            {
                if (places[end] >= 0 && score <= scores[end]) return;
                (scores[end], places[end], ids[end]) = (score, start, id);
            }
        }
    }

    private void Collect(ReadOnlySpan<char> piece, int[] starts, int[] ids, List<ModelToken> tokens)
    {
        int before = tokens.Count;
        for (int end = piece.Length; end > 0;)
        {
            int start = starts[end], id = ids[end];
            if (id == _unknown)
                while (start > 0 && ids[start] == _unknown) start = starts[start];
            AddBackwards(piece, id, start, end, tokens);
            end = start;
        }
        tokens.Reverse(before, tokens.Count - before);
    }

    private void AddBackwards(ReadOnlySpan<char> piece, int id, int start, int end, List<ModelToken> tokens)
    {
        if (id != _unknown)
        {
            tokens.Add(new ModelToken(id, start, end));
            return;
        }
        // The joined unknown characters may spell a token, such as the unknown token itself.
        int spelled = Vocabulary.Id(piece[start..end]);
        int before = tokens.Count;
        if (spelled < 0 && _byteIds is not null)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(piece[start..end].ToArray());
            for (int i = bytes.Length - 1; i >= 0 && _byteIds[bytes[i]] >= 0; i--) tokens.Add(new ModelToken(_byteIds[bytes[i]], start, end));
            if (tokens.Count - before == bytes.Length) return;
            tokens.RemoveRange(before, tokens.Count - before);
        }
        tokens.Add(new ModelToken(spelled < 0 ? _unknown : spelled, start, end));
    }

    private int RequireUnknown(ReadOnlySpan<char> piece) => _unknown >= 0
        ? _unknown
        : throw new InputException($"the tokenizer has no token for a character of \"{piece[..Math.Min(40, piece.Length)]}\" and no unknown token", fix: "use a tokenizer with \"unk_id\"");
}
