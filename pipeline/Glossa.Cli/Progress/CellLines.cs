using Glossa.Pipeline.Progress;

namespace Glossa.Cli.Progress;

/// <summary>Progress of one of several cells at work: a line when a stage begins, and one now and then.</summary>
/// <param name="cell">The cell's name, which begins every line.</param>
/// <param name="output">Where the lines go; safe for several threads.</param>
/// <param name="clock">Tells the time.</param>
internal sealed class CellLines(string cell, TextWriter output, TimeProvider clock) : IProgressReporter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private ProgressEstimate _estimate = new(clock);
    private string _stage = "";
    private long _last;

    /// <inheritdoc/>
    public void StageStarted(string stage)
    {
        lock (_lock) (_stage, _estimate, _last) = (stage, new ProgressEstimate(clock), clock.GetTimestamp());
        output.WriteLine($"{cell}: {stage}");
    }

    /// <inheritdoc/>
    public void Report(in ProgressUpdate update)
    {
        lock (_lock)
        {
            _estimate.Add(update);
            if (clock.GetElapsedTime(_last) < Pause) return;
            _last = clock.GetTimestamp();
            output.WriteLine($"{cell}: {_stage}: {ProgressText.Of(_estimate)}");
        }
    }

    /// <inheritdoc/>
    public void Note(string message) => output.WriteLine($"{cell}: {_stage}: {message}");

    // Stages are many and the result of a cell has its own line.
    /// <inheritdoc/>
    public void StageFinished(string stage, double seconds, bool cached)
    {
    }
}
