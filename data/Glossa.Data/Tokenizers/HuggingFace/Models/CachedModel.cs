using System.Runtime.InteropServices;

namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>A model that remembers the tokens of short pieces.</summary>
internal abstract class CachedModel(ModelVocabulary vocabulary) : ITokenModel
{
    [ThreadStatic]
    private static List<ModelToken>? _scratch;

    private readonly Lazy<WordCache> _tokens = new(() => new WordCache());
    private readonly Lazy<WordCache> _ids = new(() => new WordCache());

    /// <inheritdoc/>
    public ModelVocabulary Vocabulary { get; } = vocabulary;

    /// <inheritdoc/>
    public virtual int WrittenAsText => -1;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, ref double score, List<ModelToken> tokens)
    {
        bool isShort = piece.Length <= WordCache.LongestWord;
        uint hash = isShort ? WordTable.Hash(piece) : 0;
        if (isShort && _tokens.Value.TryFind(piece, hash, out ReadOnlySpan<int> known))
        {
            foreach (ModelToken token in MemoryMarshal.Cast<int, ModelToken>(known))
            {
                tokens.Add(token);
                Advance(token.Id, ref score);
            }
            return;
        }
        int before = tokens.Count;
        if (TokenizeAnew(piece, ref score, tokens) && isShort)
            _tokens.Value.Keep(piece, hash, MemoryMarshal.Cast<ModelToken, int>(CollectionsMarshal.AsSpan(tokens)[before..]));
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> piece, ref double score, List<int> ids)
    {
        int before = ids.Count;
        bool isShort = piece.Length <= WordCache.LongestWord;
        uint hash = isShort ? WordTable.Hash(piece) : 0;
        if (isShort && _ids.Value.TryAppend(piece, hash, ids))
        {
            for (int i = before; i < ids.Count && Scores; i++) Advance(ids[i], ref score);
            return;
        }
        List<ModelToken> tokens = _scratch ??= [];
        tokens.Clear();
        bool isStable = TokenizeAnew(piece, ref score, tokens);
        foreach (ModelToken token in tokens) ids.Add(token.Id);
        if (isStable && isShort) _ids.Value.Keep(piece, hash, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    /// <summary>Whether what came before a piece can decide its tokens.</summary>
    protected virtual bool Scores => false;

    /// <summary>Adds a remembered token's score.</summary>
    protected virtual void Advance(int id, ref double score)
    {
    }

    /// <summary>Appends the tokens of a piece, which is not empty.</summary>
    /// <returns>False where another score before the piece may give other tokens, so that they are not remembered.</returns>
    protected abstract bool TokenizeAnew(ReadOnlySpan<char> piece, ref double score, List<ModelToken> tokens);
}
