namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>A token of a Unigram vocabulary.</summary>
/// <param name="Token">Its text.</param>
/// <param name="Score">The natural logarithm of its probability.</param>
public readonly record struct UnigramPiece(string Token, double Score);

/// <summary>
/// A trained Unigram vocabulary. Ids: <c>&lt;pad&gt;</c> 0, <c>&lt;bos&gt;</c> 1, <c>&lt;eos&gt;</c> 2, <c>&lt;unk&gt;</c> 3, the 256 bytes, the pieces, the language tags.
/// A space is put before every text and taken off again by decoding; white space and all else stays as it is, so that decoding gives back the text.
/// </summary>
/// <param name="Pieces">The pieces, most probable first.</param>
/// <param name="LanguageTags">Languages with a tag token.</param>
/// <param name="Pattern">How text is cut into words.</param>
public sealed record UnigramVocabulary(IReadOnlyList<UnigramPiece> Pieces, IReadOnlyList<string> LanguageTags, WordPattern Pattern)
{
    /// <summary>Id of the unknown token: no text has it, characters without a token being written as bytes.</summary>
    public const int UnknownId = 3;

    /// <summary>Id of byte 0.</summary>
    public const int FirstByteId = 4;

    /// <summary>Id of the first piece.</summary>
    public const int FirstPieceId = FirstByteId + 256;

    /// <summary>How the unknown token is written.</summary>
    public const string Unknown = "<unk>";

    /// <summary>Number of ids that a model may predict.</summary>
    public int TextVocabularySize => FirstPieceId + Pieces.Count;
}
