namespace Glossa.Data.Tokenizers.Training;

/// <summary>What the trainers of all kinds are told.</summary>
public abstract record TrainerOptions
{
    /// <summary>Number of ids that a model may predict, special tokens included. Text without enough of it gives fewer.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>Languages that get a tag token after the text vocabulary, in this order.</summary>
    public IReadOnlyList<string> LanguageTags { get; init; } = [];

    /// <summary>
    /// Weight of a language is its number of bytes to this power: 1 counts every byte alike, 0 every language.
    /// </summary>
    public double SamplingExponent { get; init; }

    /// <summary>Factors on the weights of languages, such as those that equalise what content costs; a language that is not here has 1.</summary>
    public IReadOnlyDictionary<string, double> LanguageFactors { get; init; } = new Dictionary<string, double>();

    /// <summary>Threads; 0 takes one per processor. The result does not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>The smallest vocabulary and what it is made of.</summary>
    protected abstract (int Size, string Parts) Smallest { get; }

    /// <summary>Threads to start.</summary>
    internal int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="InputException">One is out of range.</exception>
    internal virtual void Validate()
    {
        if (VocabularySize < Smallest.Size)
            throw new InputException($"a vocabulary of {VocabularySize} is too small", fix: $"give at least {Smallest.Size} ({Smallest.Parts})");
        if (VocabularySize > BpeModel.LargestId)
            throw new InputException($"a vocabulary of {VocabularySize} is too large", fix: $"give at most {BpeModel.LargestId}");
        if (!(SamplingExponent is >= 0 and <= 1))
            throw new InputException($"the sampling exponent {SamplingExponent} is outside 0 to 1", fix: "give 0 (languages alike) to 1 (bytes alike)");
        foreach ((string language, double factor) in LanguageFactors)
            if (!(factor is > 0 and <= 1e6)) throw new InputException($"the factor {factor} of the language \"{language}\" is out of range", fix: "give more than 0, at most a million");
        if (LanguageTags.GroupBy(tag => tag, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InputException($"the language tag \"{twice.Key}\" is given twice", fix: "name each language once");
    }
}
