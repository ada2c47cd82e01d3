using System.Buffers;

namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>
/// WordPiece (Schuster and Nakajima, 2012; as in BERT): the longest token that starts the word, then the longest that
/// continues it; a word that cannot be covered, or is too long, is one unknown token.
/// </summary>
internal sealed class WordPieceModel : CachedModel
{
    private readonly string _prefix;
    private readonly int _unknown;
    private readonly int _mostCharacters;
    private readonly int _longestToken;

    /// <summary>Takes a vocabulary.</summary>
    /// <param name="vocabulary">Tokens and ids.</param>
    /// <param name="unknown">The unknown token's id.</param>
    /// <param name="prefix">What continuing tokens start with.</param>
    /// <param name="mostCharacters">A longer word is unknown.</param>
    public WordPieceModel(ModelVocabulary vocabulary, int unknown, string prefix, int mostCharacters) : base(vocabulary)
    {
        (_unknown, _prefix, _mostCharacters) = (unknown, prefix, mostCharacters);
        _longestToken = vocabulary.Ids.Keys.Select(token => token.Length).DefaultIfEmpty().Max();
    }

    /// <inheritdoc/>
    protected override void TokenizeAnew(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        int before = tokens.Count;
        if (CodePoints.Count(piece) <= _mostCharacters && TryCover(piece, tokens)) return;
        tokens.RemoveRange(before, tokens.Count - before);
        tokens.Add(new ModelToken(_unknown, 0, piece.Length));
    }

    private bool TryCover(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        char[] rented = ArrayPool<char>.Shared.Rent(_prefix.Length + piece.Length);
        try
        {
            // The word with the prefix right before the place that is looked at.
            _prefix.CopyTo(rented);
            for (int start = 0; start < piece.Length;)
            {
                Span<char> candidate = rented.AsSpan(start == 0 ? _prefix.Length : 0);
                int offset = start == 0 ? 0 : _prefix.Length;
                int length = Math.Min(piece.Length - start, _longestToken);
                piece.Slice(start, length).CopyTo(candidate[offset..]);
                int id = -1;
                while (length > 0 && (id = Vocabulary.Id(candidate[..(offset + length)])) < 0) length--;
                if (length == 0) return false;
                tokens.Add(new ModelToken(id, start, start + length));
                start += length;
            }
            return true;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }
}
