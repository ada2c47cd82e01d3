namespace Glossa.Pipeline.Progress;

/// <summary>Progress as plain lines, at most one every few seconds: for logs.</summary>
/// <param name="output">Where the lines go.</param>
/// <param name="clock">Tells the time.</param>
public sealed class PlainProgress(TextWriter output, TimeProvider clock) : IProgressReporter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private ProgressEstimate _estimate = new(clock);
    private string _stage = "";
    private long _last;

    /// <inheritdoc/>
    public void StageStarted(string stage)
    {
        lock (_lock)
        {
            (_stage, _estimate, _last) = (stage, new ProgressEstimate(clock), clock.GetTimestamp());
            output.WriteLine($"{stage}: started");
        }
    }

    /// <inheritdoc/>
    public void Report(in ProgressUpdate update)
    {
        lock (_lock)
        {
            _estimate.Add(update);
            if (clock.GetElapsedTime(_last) < Pause) return;
            _last = clock.GetTimestamp();
            output.WriteLine($"{_stage}: {ProgressText.Of(_estimate)}");
        }
    }

    /// <inheritdoc/>
    public void Note(string message)
    {
        lock (_lock) output.WriteLine($"{_stage}: {message}");
    }

    /// <inheritdoc/>
    public void StageFinished(string stage, double seconds, bool cached)
    {
        string time = ProgressText.Duration(TimeSpan.FromSeconds(seconds));
        lock (_lock) output.WriteLine(cached ? $"{stage}: reused (took {time})" : $"{stage}: done in {time}");
    }
}
