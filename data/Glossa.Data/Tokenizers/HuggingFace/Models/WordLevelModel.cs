namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>Whole words.</summary>
/// <param name="vocabulary">Tokens and ids.</param>
/// <param name="unknown">The unknown token's id; -1 where the vocabulary lacks it.</param>
/// <param name="unknownToken">How it is written.</param>
internal sealed class WordLevelModel(ModelVocabulary vocabulary, int unknown, string unknownToken) : ITokenModel
{
    /// <inheritdoc/>
    public ModelVocabulary Vocabulary => vocabulary;

    /// <inheritdoc/>
    public int WrittenAsText => -1;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, ref double score, List<ModelToken> tokens) => tokens.Add(new ModelToken(IdOf(piece), 0, piece.Length));

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> piece, ref double score, List<int> ids) => ids.Add(IdOf(piece));

    private int IdOf(ReadOnlySpan<char> piece)
    {
        int id = vocabulary.Id(piece);
        if (id < 0) id = unknown;
        return id >= 0 ? id : throw new InputException($"the word \"{piece}\" is unknown and the vocabulary lacks \"{unknownToken}\"", fix: "use a tokenizer with an unknown token");
    }
}
