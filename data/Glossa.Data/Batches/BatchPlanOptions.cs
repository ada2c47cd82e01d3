namespace Glossa.Data.Batches;

/// <summary>How the windows of a phase are drawn and put into steps.</summary>
public sealed record BatchPlanOptions
{
    /// <summary>Tokens to predict over the whole phase.</summary>
    public required long Tokens { get; init; }

    /// <summary>A language is drawn in proportion to its tokens to this power: 1 as they come, 0 all languages alike.</summary>
    public double Sampling { get; init; } = 0.5;

    /// <summary>Positions of one micro-batch, padding included, at most (one window longer than that stands alone).</summary>
    public int MicroBatchTokens { get; init; } = 1024;

    /// <summary>Micro-batches of one step.</summary>
    public int MicroBatchesPerStep { get; init; } = 4;

    /// <summary>Lengths are padded up to a multiple of this.</summary>
    public int LengthMultiple { get; init; } = 8;

    /// <summary>Seed of the order.</summary>
    public ulong Seed { get; init; }
}

/// <summary>Windows of earlier phases that a phase sees again.</summary>
/// <param name="Windows">The windows of each language.</param>
/// <param name="Start">Their share of the tokens at the beginning of the phase.</param>
/// <param name="End">Their share at its end; between the two it moves along a straight line.</param>
public sealed record ReplayedWindows(IReadOnlyList<WindowIndex> Windows, double Start, double End)
{
    /// <summary>Their share of all tokens of the phase.</summary>
    public double Share => (Start + End) / 2;
}

/// <summary>Windows that are run together, padded to one length.</summary>
/// <param name="Windows">The windows.</param>
/// <param name="Length">Their common length.</param>
public sealed record PlannedBatch(TrainingWindow[] Windows, int Length);
