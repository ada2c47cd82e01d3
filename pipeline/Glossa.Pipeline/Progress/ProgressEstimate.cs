namespace Glossa.Pipeline.Progress;

/// <summary>Rate and time left of one stage. What was done before the first report (a resumed stage) does not count for the rate.</summary>
public sealed class ProgressEstimate(TimeProvider clock)
{
    // Before this much time the rate is noise.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);

    private long _start;
    private double _doneAtStart = double.NaN;

    /// <summary>The latest update.</summary>
    public ProgressUpdate Latest { get; private set; }

    /// <summary>Units a second; NaN where it is too early to say.</summary>
    public double Rate { get; private set; } = double.NaN;

    /// <summary>Time left; null where it is not known.</summary>
    public TimeSpan? Left { get; private set; }

    /// <summary>Takes in an update.</summary>
    public void Add(in ProgressUpdate update)
    {
        // A new unit or a count that starts over is another piece of work.
        if (double.IsNaN(_doneAtStart) || update.Done < Latest.Done || update.Unit != Latest.Unit)
            (_start, _doneAtStart, Rate, Left) = (clock.GetTimestamp(), update.Done, double.NaN, null);
        Latest = update;
        TimeSpan elapsed = clock.GetElapsedTime(_start);
        if (elapsed < Shortest || update.Done <= _doneAtStart) return;
        Rate = (update.Done - _doneAtStart) / elapsed.TotalSeconds;
        Left = update.Total > 0 ? TimeSpan.FromSeconds(Math.Clamp((update.Total - update.Done) / Rate, 0, 1e8)) : null;
    }
}
