namespace Glossa.Pipeline.Evaluate;

/// <summary>How a model is scored. Only <see cref="Window"/> and <see cref="TextVocabularySize"/> are part of the measure.</summary>
public sealed record ScoringOptions
{
    /// <summary>The most tokens of a sequence seen at once, given and scored ones together: the model's context. At least 2.</summary>
    public required int Window { get; init; }

    /// <summary>Ids from here up (language tags) are masked out of the softmax.</summary>
    public required int TextVocabularySize { get; init; }

    /// <summary>Runs of one thread each that go on at the same time; 0 means one per processor. Figures do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>The most tokens in one run, padding included; bounds the memory of logits to this times the vocabulary.</summary>
    public int BatchTokens { get; init; } = 1024;

    /// <summary>Tokens by which a long text advances: 3/4 of <see cref="Window"/>, so that the last quarter of a window is the next one's context.</summary>
    public int Stride => Math.Max(1, Window * 3 / 4);
}
