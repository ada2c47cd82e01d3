namespace Glossa.Data.Tokenizers;

/// <summary>Settings of <see cref="BpeTrainer"/>.</summary>
public sealed record BpeTrainerOptions
{
    /// <summary>The smallest text vocabulary: the special tokens and the 256 bytes.</summary>
    public const int SmallestVocabulary = BpeModel.FirstByteId + 256;

    /// <summary>Number of ids that a model may predict: special tokens, 256 bytes, merges. Text without enough pairs gives fewer.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>Languages that get a tag token after the text vocabulary, in this order.</summary>
    public IReadOnlyList<string> LanguageTags { get; init; } = [];

    /// <summary>
    /// Weight of a language is its number of bytes to this power: 1 counts every byte alike, 0 every language.
    /// </summary>
    public double SamplingExponent { get; init; }

    /// <summary>Threads that count words; 0 takes one per processor. The result does not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>The longest token, in bytes of UTF-8.</summary>
    public int MaxTokenLength { get; init; } = 64;

    /// <summary>How text is cut into words.</summary>
    public WordPattern Pattern { get; init; } = WordPattern.Words;

    internal void Validate()
    {
        if (VocabularySize < SmallestVocabulary)
            throw new InputException($"a vocabulary of {VocabularySize} is too small", fix: $"give at least {SmallestVocabulary} (special tokens and 256 bytes)");
        if (VocabularySize > BpeModel.LargestId)
            throw new InputException($"a vocabulary of {VocabularySize} is too large", fix: $"give at most {BpeModel.LargestId}");
        if (!(SamplingExponent is >= 0 and <= 1))
            throw new InputException($"the sampling exponent {SamplingExponent} is outside 0 to 1", fix: "give 0 (languages alike) to 1 (bytes alike)");
        if (MaxTokenLength is < 1 or > ushort.MaxValue)
            throw new InputException($"a longest token of {MaxTokenLength} bytes is not possible", fix: $"give 1 to {ushort.MaxValue}");
        if (LanguageTags.GroupBy(tag => tag, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InputException($"the language tag \"{twice.Key}\" is given twice", fix: "name each language once");
    }
}
