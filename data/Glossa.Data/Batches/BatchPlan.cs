namespace Glossa.Data.Batches;

/// <summary>
/// Which windows every step of a phase sees. The plan is a function of the windows, the options and the seed, so that a resumed run
/// sees what an uninterrupted one sees, from the step number alone. It is made piece by piece as steps are asked for, so memory depends neither on the corpus nor on the
/// budget; going forward is cheapest. Safe to use from several threads.
/// </summary>
public sealed class BatchPlan
{
    private const ulong ReplaySalt = 0x5EED_0A6A_1B0B_0007;

    private readonly Lock _lock = new();
    private readonly BatchBuckets? _own, _old;
    private readonly ReplayedWindows? _replayed;
    private readonly int _batches, _perStep;

    private BatchPlan(BatchBuckets? own, BatchBuckets? old, ReplayedWindows? replayed, int perStep)
    {
        (_own, _old, _replayed, _perStep) = (own, old, replayed, perStep);
        _batches = checked((own?.Count ?? 0) + (old?.Count ?? 0));
        TotalPredictions = (own?.Predictions ?? 0) + (old?.Predictions ?? 0);
    }

    /// <summary>Number of steps.</summary>
    public int Steps => (int)(((long)_batches + _perStep - 1) / _perStep);

    /// <summary>Tokens that all steps predict.</summary>
    public long TotalPredictions { get; }

    /// <summary>Plans a phase.</summary>
    /// <param name="windowsByLanguage">The windows of each language that takes part; empty ones are passed over.</param>
    /// <param name="options">Budget and sizes.</param>
    /// <param name="replayed">Windows of earlier phases that take a share of the budget; null for none.</param>
    /// <exception cref="InputException">There is no window at all.</exception>
    public static BatchPlan Make(IReadOnlyList<WindowIndex> windowsByLanguage, BatchPlanOptions options, ReplayedWindows? replayed = null)
    {
        ArgumentNullException.ThrowIfNull(windowsByLanguage);
        ArgumentNullException.ThrowIfNull(options);
        if (replayed is null || replayed.Share == 0) return new BatchPlan(new BatchBuckets(windowsByLanguage, options), null, null, options.MicroBatchesPerStep);
        long again = (long)Math.Round(options.Tokens * replayed.Share);
        BatchBuckets old = new(replayed.Windows, options with { Tokens = again, Seed = options.Seed ^ ReplaySalt });
        BatchBuckets? own = replayed.Share >= 1 ? null : new(windowsByLanguage, options with { Tokens = options.Tokens - again });
        return new BatchPlan(own, old, replayed, options.MicroBatchesPerStep);
    }

    /// <summary>The micro-batches of a step.</summary>
    public IReadOnlyList<PlannedBatch> Step(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Steps);
        lock (_lock)
        {
            int first = step * _perStep;
            return [.. Enumerable.Range(first, Math.Min(_perStep, _batches - first)).Select(Batch)];
        }
    }

    /// <summary>Tokens that a step predicts.</summary>
    public int Predictions(int step) => Step(step).Sum(batch => batch.Windows.Sum(window => window.Predictions));

    private PlannedBatch Batch(int index)
    {
        if (_old is null) return _own![index];
        int old = OldBefore(index), own = index - old;
        return old < _old.Count && (own >= (_own?.Count ?? 0) || OldPlace(old) <= OwnPlace(own)) ? _old[old] : _own![own];
    }

    // How many of the first batches are replayed ones; both kinds stand in the order of their places.
    private int OldBefore(int index)
    {
        int low = Math.Max(0, index - (_own?.Count ?? 0)), high = Math.Min(index, _old!.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (OldPlace(middle) <= OwnPlace(index - middle - 1)) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private double OldPlace(int batch) => Place(batch, _old!.Count, _replayed!.Start, _replayed.End);

    private double OwnPlace(int batch) => Place(batch, _own!.Count, 1 - _replayed!.Start, 1 - _replayed.End);

    // Spreads batches over [0, 1] so that their density moves along a straight line: each stands where the integral of the line has its share.
    private static double Place(int batch, int count, double start, double end)
    {
        double area = (start + end) / 2 * (batch + 0.5) / count;
        return 2 * area / (start + Math.Sqrt(start * start + 2 * (end - start) * area));
    }
}
