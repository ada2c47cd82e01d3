namespace Glossa.Pipeline.Progress;

/// <summary>Where a stage stands.</summary>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 where it is not known.</param>
/// <param name="Unit">What is counted, in the plural: tokens, texts, languages.</param>
/// <param name="Loss">The training loss, in nats per token; NaN where there is none.</param>
/// <param name="Detail">What the stage is at (a phase's or language's name); null for nothing.</param>
public readonly record struct ProgressUpdate(double Done, double Total, string Unit, double Loss = double.NaN, string? Detail = null);

/// <summary>Shows a person what a run is doing. Calls are cheap and may come from any thread, thousands a second.</summary>
public interface IProgressReporter
{
    /// <summary>A stage begins to work.</summary>
    /// <param name="stage">Its name.</param>
    void StageStarted(string stage);

    /// <summary>The stage at work has come further.</summary>
    /// <param name="update">Where it stands.</param>
    void Report(in ProgressUpdate update);

    /// <summary>Something worth a line of its own.</summary>
    /// <param name="message">One line.</param>
    void Note(string message);

    /// <summary>A stage is done, or its stored result was found.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="seconds">How long the work took, when it was done.</param>
    /// <param name="cached">True where the stored result was reused.</param>
    void StageFinished(string stage, double seconds, bool cached);
}

/// <summary>Shows nothing: for tests, <c>--json</c> and <c>--quiet</c>.</summary>
public sealed class SilentProgress : IProgressReporter
{
    private SilentProgress()
    {
    }

    /// <summary>The one instance.</summary>
    public static SilentProgress Instance { get; } = new();

    /// <inheritdoc/>
    public void StageStarted(string stage)
    {
    }

    /// <inheritdoc/>
    public void Report(in ProgressUpdate update)
    {
    }

    /// <inheritdoc/>
    public void Note(string message)
    {
    }

    /// <inheritdoc/>
    public void StageFinished(string stage, double seconds, bool cached)
    {
    }
}
