using Glossa.Pipeline.Progress;

namespace Glossa.Pipeline.Staging;

/// <summary>How a run is done; nothing here changes its results.</summary>
public sealed record RunOptions
{
    /// <summary>The run folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Where finished stages are stored by key; null for <c>.store</c> in the run folder. Several runs may share one.</summary>
    public string? Store { get; init; }

    /// <summary>The last stage to do; null for all.</summary>
    public string? Until { get; init; }

    /// <summary>Makes every stage again instead of reusing stored results and checkpoints.</summary>
    public bool Fresh { get; init; }

    /// <summary>Reads stored results through and compares their hashes before reusing them, instead of trusting their lengths.</summary>
    public bool Verify { get; init; }

    /// <summary>Shows a person what is going on.</summary>
    public IProgressReporter Progress { get; init; } = SilentProgress.Instance;
}

/// <summary>What a run gave.</summary>
/// <param name="Folder">The run folder's full path.</param>
/// <param name="Stages">The stages, in order.</param>
public sealed record RunResult(string Folder, IReadOnlyList<StageRecord> Stages);
