using System.Collections.Immutable;

namespace Glossa.Data.Tokenizers;

/// <summary>One rule of byte-pair encoding: two neighbouring tokens become one.</summary>
/// <param name="Left">Id of the first token.</param>
/// <param name="Right">Id of the second token.</param>
/// <param name="Result">Id of the token that replaces both.</param>
public readonly record struct BpeMerge(int Left, int Right, int Result);

/// <summary>A token that stands outside the merges: a special token or a language tag.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">How it is written.</param>
/// <param name="IsSpecial">True where decoding leaves it out.</param>
public readonly record struct AddedToken(int Id, string Content, bool IsSpecial);

/// <summary>
/// A byte-level byte-pair-encoding model: the bytes of every token, the merges in their order of application, the added
/// tokens and the pattern that cuts words (Sennrich, Haddow and Birch, 2016; Radford et al., 2019).
/// </summary>
public sealed class BpeModel
{
    /// <summary>In trained models the id of byte 0; byte b has id <c>FirstByteId + b</c>.</summary>
    public const int FirstByteId = 3;

    /// <summary>The largest id that is accepted.</summary>
    public const int LargestId = (1 << 22) - 1;

    private readonly byte[]?[] _tokens;

    /// <summary>Puts a model together.</summary>
    /// <param name="tokens">The bytes of each token by id; null for ids that no token has and for added tokens.</param>
    /// <param name="merges">Merges, first rule first.</param>
    /// <param name="addedTokens">Special tokens and language tags.</param>
    /// <param name="pattern">How text is cut into words.</param>
    /// <param name="textVocabularySize">Number of ids that a model may predict; the tags' ids follow.</param>
    public BpeModel(IReadOnlyList<byte[]?> tokens, IEnumerable<BpeMerge> merges, IEnumerable<AddedToken> addedTokens, WordPattern pattern,
        int textVocabularySize)
    {
        _tokens = [.. tokens];
        Merges = [.. merges];
        AddedTokens = [.. addedTokens.OrderBy(token => token.Id)];
        Pattern = pattern;
        TextVocabularySize = textVocabularySize;
        ByteIds = [.. FindBytes(_tokens)];
    }

    /// <summary>Merges, first rule first.</summary>
    public ImmutableArray<BpeMerge> Merges { get; }

    /// <summary>Special tokens and language tags by id.</summary>
    public ImmutableArray<AddedToken> AddedTokens { get; }

    /// <summary>How text is cut into words.</summary>
    public WordPattern Pattern { get; }

    /// <summary>Number of ids, language tags included.</summary>
    public int VocabularySize => _tokens.Length;

    /// <summary>Number of ids that a model may predict.</summary>
    public int TextVocabularySize { get; }

    /// <summary>Id that starts a text; -1 where the model has none.</summary>
    public int BeginId { get; init; } = -1;

    /// <summary>Id that ends a text; -1 where the model has none.</summary>
    public int EndId { get; init; } = -1;

    /// <summary>Id that fills rows; -1 where the model has none.</summary>
    public int PadId { get; init; } = -1;

    /// <summary>Id of the token of each byte value; -1 where the model has none.</summary>
    public ImmutableArray<int> ByteIds { get; }

    /// <summary>The bytes of a token; empty for ids without text of their own (added tokens, unused ids).</summary>
    public ReadOnlySpan<byte> TokenBytes(int id) => _tokens[id];

    /// <summary>False for added tokens and for ids that no token has.</summary>
    public bool HasBytes(int id) => _tokens[id] is not null;

    private static int[] FindBytes(byte[]?[] tokens)
    {
        int[] ids = new int[256];
        Array.Fill(ids, -1);
        for (int id = tokens.Length - 1; id >= 0; id--)
            if (tokens[id] is { Length: 1 } single) ids[single[0]] = id;
        return ids;
    }
}
