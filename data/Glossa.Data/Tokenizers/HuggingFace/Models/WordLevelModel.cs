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
    public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        int id = vocabulary.Id(piece);
        if (id < 0) id = unknown;
        if (id < 0) throw new InputException($"the word \"{piece}\" is unknown and the vocabulary lacks \"{unknownToken}\"", fix: "use a tokenizer with an unknown token");
        tokens.Add(new ModelToken(id, 0, piece.Length));
    }
}
