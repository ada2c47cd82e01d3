namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>
/// WordPiece (Schuster and Nakajima, 2012; as in BERT): the longest token that starts the word, then the longest that
/// continues it; a word that cannot be covered, or is too long, is one unknown token.
/// </summary>
internal sealed class WordPieceModel : CachedModel
{
    private readonly TokenTrie _starts;
    private readonly TokenTrie _continuations;
    private readonly int _unknown;
    private readonly int _mostCharacters;

    /// <summary>Takes a vocabulary.</summary>
    /// <param name="vocabulary">Tokens and ids.</param>
    /// <param name="unknown">The unknown token's id.</param>
    /// <param name="prefix">What continuing tokens start with.</param>
    /// <param name="mostCharacters">A longer word is unknown.</param>
    public WordPieceModel(ModelVocabulary vocabulary, int unknown, string prefix, int mostCharacters) : base(vocabulary)
    {
        (_unknown, _mostCharacters) = (unknown, mostCharacters);
        _starts = new TokenTrie(vocabulary.Ids);
        _continuations = prefix.Length == 0 ? _starts : new TokenTrie(vocabulary.Ids.Where(token => token.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(token => KeyValuePair.Create(token.Key[prefix.Length..], token.Value)));
    }

    /// <inheritdoc/>
    protected override bool TokenizeAnew(ReadOnlySpan<char> piece, ref double score, List<ModelToken> tokens)
    {
        int before = tokens.Count;
        if (CodePoints.Count(piece) <= _mostCharacters && TryCover(piece, tokens)) return true;
        tokens.RemoveRange(before, tokens.Count - before);
        tokens.Add(new ModelToken(_unknown, 0, piece.Length));
        return true;
    }

    private bool TryCover(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        TokenTrie trie = _starts;
        for (int start = 0; start < piece.Length;)
        {
            int id = trie.Longest(piece[start..], out int length);
            if (id < 0) return false;
            tokens.Add(new ModelToken(id, start, start + length));
            start += length;
            trie = _continuations;
        }
        return true;
    }
}
