namespace Glossa.GpuCheck;

/// <summary>One line of the results.</summary>
/// <param name="Case">The case.</param>
/// <param name="What">What was checked or timed.</param>
/// <param name="Precision">Number format of the products.</param>
/// <param name="Recorded">Whether launches were recorded as a CUDA graph.</param>
internal sealed record CheckResult(string Case, string What, string Precision, bool Recorded)
{
    /// <summary>Whether it is as it should be.</summary>
    public bool Passed { get; init; } = true;

    /// <summary>Why not, or what of it was left out.</summary>
    public string? Note { get; init; }

    /// <summary>Largest distance from the CPU's numbers, as a share of them; null where nothing was compared.</summary>
    public double? Distance { get; init; }

    /// <summary>The distance that is allowed.</summary>
    public double? Allowed { get; init; }

    /// <summary>Median time of a step.</summary>
    public double? Milliseconds { get; init; }

    /// <summary>Least time of a step.</summary>
    public double? LeastMilliseconds { get; init; }

    /// <summary>Tokens a second at the median.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Memory in use after the steps: the GPU's, or the process's where there is none.</summary>
    public double? MemoryMiB { get; init; }
}
