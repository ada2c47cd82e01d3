using System.Runtime.InteropServices;

namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>A model that remembers the tokens of short pieces.</summary>
internal abstract class CachedModel(ModelVocabulary vocabulary) : ITokenModel
{
    private const int IntegersPerToken = 3;

    private readonly WordCache _cache = new();

    /// <inheritdoc/>
    public ModelVocabulary Vocabulary { get; } = vocabulary;

    /// <inheritdoc/>
    public virtual int WrittenAsText => -1;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        if (piece.Length > WordCache.LongestWord)
        {
            TokenizeAnew(piece, tokens);
            return;
        }
        uint hash = WordTable.Hash(piece);
        if (_cache.Find(piece, hash) is { } known)
        {
            for (int i = 0; i < known.Length; i += IntegersPerToken) tokens.Add(new ModelToken(known[i], known[i + 1], known[i + 2]));
            return;
        }
        int before = tokens.Count;
        TokenizeAnew(piece, tokens);
        _cache.Keep(piece, hash, MemoryMarshal.Cast<ModelToken, int>(CollectionsMarshal.AsSpan(tokens)[before..]));
    }

    /// <summary>Appends the tokens of a piece, which is not empty.</summary>
    protected abstract void TokenizeAnew(ReadOnlySpan<char> piece, List<ModelToken> tokens);
}
