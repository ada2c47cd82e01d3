namespace Glossa.Models.Losses;

/// <summary>
/// How <see cref="LossKind.Embedding"/> compares texts: cross entropy of each anchor's similarities with all positives of the batch, its own being the right one
/// (multiple negatives; Henderson and others, "Efficient Natural Language Response Suggestion for Smart Reply", 2017). An output <c>[batch, sequence, hidden]</c> is averaged
/// over the positions that <c>attention_mask</c> keeps first.
/// </summary>
public sealed record EmbeddingOptions
{
    /// <summary>Whether embeddings are divided by their 2-norm, so that similarities are cosines.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Factor of the similarities: 1 / temperature.</summary>
    public float Scale { get; init; } = 20;

    /// <summary>Whether anchors and positives alternate (rows 0 and 1 are the first pair) and do not stand in two halves.</summary>
    public bool Interleaved { get; init; }
}
