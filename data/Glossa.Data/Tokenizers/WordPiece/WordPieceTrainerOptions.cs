using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers.WordPiece;

/// <summary>Settings of <see cref="WordPieceTrainer"/>: the vocabulary is special tokens, characters as they start and continue words, and merges.</summary>
public sealed record WordPieceTrainerOptions : TrainerOptions
{
    /// <summary>The smallest text vocabulary: the special tokens and a character.</summary>
    public static int SmallestVocabulary => WordPieceVocabulary.Special.Count + 1;

    /// <summary>The longest token, in code points.</summary>
    public int MaxTokenLength { get; init; } = 64;

    /// <summary>Share of all characters that get tokens; a word with another one is unknown. They take at most two thirds of the vocabulary.</summary>
    public double CharacterCoverage { get; init; } = 0.9998;

    /// <inheritdoc/>
    protected override (int Size, string Parts) Smallest => (SmallestVocabulary, "special tokens and a character");

    internal override void Validate()
    {
        base.Validate();
        if (MaxTokenLength is < 1 or > ushort.MaxValue)
            throw new InputException($"a longest token of {MaxTokenLength} characters is not possible", fix: $"give 1 to {ushort.MaxValue}");
        if (!(CharacterCoverage is > 0 and <= 1))
            throw new InputException($"the character coverage {CharacterCoverage} is outside 0 to 1", fix: "give a share such as 0.9998");
    }
}
