using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>Settings of <see cref="UnigramTrainer"/>: the vocabulary is special tokens, 256 bytes, characters and longer pieces.</summary>
public sealed record UnigramTrainerOptions : TrainerOptions
{
    /// <summary>The smallest text vocabulary: the special tokens, the unknown token, the 256 bytes and a character.</summary>
    public const int SmallestVocabulary = UnigramVocabulary.FirstPieceId + 1;

    /// <summary>The longest piece, in code points.</summary>
    public int MaxTokenLength { get; init; } = 16;

    /// <summary>Share of all characters that get a token of their own; the others are written as bytes.</summary>
    public double CharacterCoverage { get; init; } = 0.9995;

    /// <summary>Number of frequent substrings that training starts from; null takes twelve for each token of the vocabulary.</summary>
    public int? SeedSize { get; init; }

    /// <summary>
    /// What a token costs beside its probability, in nats, where pieces are chosen: 0 keeps those without which the text becomes less likely (Kudo, 2018), larger numbers those
    /// without which it becomes longer.
    /// </summary>
    public double TokenCost { get; init; } = 5;

    /// <summary>How text is cut into words.</summary>
    public WordPattern Pattern { get; init; } = WordPattern.Phrases;

    /// <inheritdoc/>
    protected override (int Size, string Parts) Smallest => (SmallestVocabulary, "special tokens, 256 bytes and a character");

    internal override void Validate()
    {
        base.Validate();
        if (MaxTokenLength is < 1 or > 255)
            throw new InputException($"a longest token of {MaxTokenLength} characters is not possible", fix: "give 1 to 255");
        if (!(CharacterCoverage is > 0 and <= 1))
            throw new InputException($"the character coverage {CharacterCoverage} is outside 0 to 1", fix: "give a share such as 0.9995");
        if (!(TokenCost is >= 0 and <= 1000)) throw new InputException($"a token's cost of {TokenCost} nats is out of range", fix: "give 0 to 1000");
        if (SeedSize < 1) throw new InputException($"a seed of {SeedSize} substrings is too small", fix: "give a million");
    }
}
