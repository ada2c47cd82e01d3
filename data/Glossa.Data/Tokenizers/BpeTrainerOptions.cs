using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers;

/// <summary>Settings of <see cref="BpeTrainer"/>: the vocabulary is special tokens, 256 bytes and merges.</summary>
public sealed record BpeTrainerOptions : TrainerOptions
{
    /// <summary>The smallest text vocabulary: the special tokens and the 256 bytes.</summary>
    public const int SmallestVocabulary = BpeModel.FirstByteId + 256;

    /// <summary>The longest token, in bytes of UTF-8.</summary>
    public int MaxTokenLength { get; init; } = 64;

    /// <summary>How text is cut into words.</summary>
    public WordPattern Pattern { get; init; } = WordPattern.Words;

    /// <inheritdoc/>
    protected override (int Size, string Parts) Smallest => (SmallestVocabulary, "special tokens and 256 bytes");

    internal override void Validate()
    {
        base.Validate();
        if (MaxTokenLength is < 1 or > ushort.MaxValue)
            throw new InputException($"a longest token of {MaxTokenLength} bytes is not possible", fix: $"give 1 to {ushort.MaxValue}");
    }
}
