using System.Buffers;
using System.Text;
using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>
/// Unigram (Kudo, 2018): of all ways to cut a piece into tokens the one with the largest sum of scores, by Viterbi's
/// algorithm. Neighbouring unknown characters are one unknown token, or their bytes where the vocabulary has byte pieces.
/// </summary>
internal sealed class UnigramModel : CachedModel
{
    // What sentencepiece takes off the lowest score for an unknown character.
    private const double UnknownPenalty = 10;

    // Single precision cannot turn a gain like this round in a short word, as long as the text's sum is no larger.
    private const double SureGain = 0.05;
    private const double MostStableScore = 16384;

    private readonly TokenTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly int[]? _byteIds;
    private readonly bool _isSingle;

    /// <summary>Takes a vocabulary.</summary>
    /// <param name="vocabulary">Tokens and ids.</param>
    /// <param name="scores">The score of each id.</param>
    /// <param name="unknown">The unknown token's id; -1 where there is none.</param>
    /// <param name="byteFallback">Whether unknown characters become byte pieces.</param>
    /// <param name="inText">The tokens that text can have; null for all.</param>
    /// <param name="lowestScore">What unknown characters are scored below; null for the lowest of all scores.</param>
    /// <param name="isSingle">Scores add up in single precision.</param>
    public UnigramModel(ModelVocabulary vocabulary, double[] scores, int unknown, bool byteFallback, IReadOnlyDictionary<string, int>? inText = null, double? lowestScore = null, bool isSingle = false)
        : base(vocabulary)
    {
        (_scores, _unknown, _isSingle) = (scores, unknown, isSingle);
        _trie = new TokenTrie(inText ?? vocabulary.Ids);
        _unknownScore = Rounded((lowestScore ?? scores.DefaultIfEmpty().Min()) - UnknownPenalty);
        _byteIds = byteFallback ? vocabulary.ByteIds() : null;
    }

    /// <inheritdoc/>
    public override int WrittenAsText => _unknown;

    /// <inheritdoc/>
    protected override bool Scores => _isSingle;

    /// <inheritdoc/>
    protected override bool TokenizeAnew(ReadOnlySpan<char> piece, ref double score, List<ModelToken> tokens)
    {
        Step[] steps = ArrayPool<Step>.Shared.Rent(piece.Length + 1);
        try
        {
            bool isStable = FindBest(piece, _isSingle ? score : 0, steps.AsSpan(0, piece.Length + 1));
            score = steps[piece.Length].Score;
            Collect(piece, steps, tokens);
            return isStable || !_isSingle;
        }
        finally
        {
            ArrayPool<Step>.Shared.Return(steps);
        }
    }

    /// <inheritdoc/>
    protected override void Advance(int id, ref double score) => score = (float)(_scores[id] + score);

    /// <summary>For every place the last token of the best way to it.</summary>
    /// <returns>True where no two ways were close and no character unknown.</returns>
    private bool FindBest(ReadOnlySpan<char> piece, double before, Span<Step> steps)
    {
        steps.Fill(new Step(before, -1, -1));
        TokenTrie trie = _trie;
        double[] tokenScores = _scores;
        bool isStable = Math.Abs(before) < MostStableScore;
        for (int start = 0; start < piece.Length;)
        {
            Utf16.CodePointAt(piece, start, out int characterLength);
            double soFar = steps[start].Score;
            bool hasSingle = false;
            int state = TokenTrie.Root;
            for (int end = start; end < piece.Length && (state = trie.Child(state, piece[end])) >= 0;)
            {
                end++;
                int id = trie.IdAt(state);
                if (id < 0) continue;
                Offer(ref steps[end], tokenScores[id] + soFar, start, id);
                hasSingle |= end - start == characterLength;
            }
            if (!hasSingle)
            {
                Offer(ref steps[start + characterLength], Rounded(_unknownScore + soFar), start, RequireUnknown(piece));
                isStable = false;
            }
            start += characterLength;
        }
        return isStable;

        void Offer(ref Step step, double score, int start, int id)
        {
            if (step.Start >= 0)
            {
                double gain = score - step.Score;
                isStable &= Math.Abs(gain) > SureGain;
                if (gain <= 0) return;
            }
            step = new Step(Rounded(score), start, id);
        }
    }

    // sentencepiece keeps sums in single precision, over the whole text, and that decides between ways that are all but equal.
    private double Rounded(double score) => _isSingle ? (float)score : score;

    private void Collect(ReadOnlySpan<char> piece, Step[] steps, List<ModelToken> tokens)
    {
        int before = tokens.Count;
        for (int end = piece.Length; end > 0;)
        {
            (_, int start, int id) = steps[end];
            if (id == _unknown)
                while (start > 0 && steps[start].Id == _unknown) start = steps[start].Start;
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
        // To the Rust library, joined unknown characters may spell a token, such as the unknown token itself.
        int spelled = _isSingle ? -1 : Vocabulary.Id(piece[start..end]);
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

    private readonly record struct Step(double Score, int Start, int Id);
}
