namespace Glossa.Data.Tokenizers.WordPiece;

/// <summary>
/// A trained WordPiece vocabulary for BERT's way of cutting text. White space is not kept, and a word with a character that no token has is unknown: decoding does not give back the text.
/// </summary>
/// <param name="Tokens">All tokens that a model may predict by id, special ones first.</param>
/// <param name="LanguageTags">Languages with a tag token, whose ids follow.</param>
public sealed record WordPieceVocabulary(IReadOnlyList<string> Tokens, IReadOnlyList<string> LanguageTags)
{
    /// <summary>What tokens that continue a word start with.</summary>
    public const string ContinuingPrefix = "##";

    /// <summary>A word of more code points is unknown.</summary>
    public const int LongestWord = 100;

    /// <summary>Fills rows of unequal length; id 0.</summary>
    public const string Pad = "[PAD]";

    /// <summary>Stands for a word that cannot be written; id 1.</summary>
    public const string Unknown = "[UNK]";

    /// <summary>Starts a text; id 2.</summary>
    public const string Class = "[CLS]";

    /// <summary>Ends a text; id 3.</summary>
    public const string Separator = "[SEP]";

    /// <summary>Hides another token; id 4.</summary>
    public const string Mask = "[MASK]";

    /// <summary>The special tokens in the order of their ids, from 0.</summary>
    public static IReadOnlyList<string> Special { get; } = [Pad, Unknown, Class, Separator, Mask];
}
