namespace Glossa.Data.Batches;

/// <summary>
/// Draws put into micro-batches, a bucket of some dozens at a time: windows of similar length in a bucket share a micro-batch, so that little is padded, and the bucket's
/// micro-batches are shuffled. A bucket is made when one of its micro-batches is asked for; what stays in memory is two numbers for each bucket and the last two buckets.
/// </summary>
internal sealed class BatchBuckets
{
    private const int BucketMicroBatches = 64;
    private const ulong ShuffleSalt = 0x5348_5546_464C_4531;

    private readonly BatchPlanOptions _options;
    private readonly WindowDraws.Cursor _cursor;
    // One more than there are buckets: the last numbers are the totals.
    private readonly List<long> _firstDraws = [0];
    private readonly List<int> _firstBatches = [0];
    private readonly (int Bucket, PlannedBatch[] Batches)[] _made = [(-1, []), (-1, [])];

    /// <summary>Walks over all draws to see where buckets end.</summary>
    /// <exception cref="InputException">There is no window at all.</exception>
    public BatchBuckets(IReadOnlyList<WindowIndex> languages, BatchPlanOptions options)
    {
        WindowDraws draws = new(languages, options);
        _options = options;
        _cursor = new WindowDraws.Cursor(draws);
        Predictions = draws.Predictions;
        long positions = draws.Predictions + draws.Count, seen = 0;
        // Buckets of one size, so that the last one has as much to choose from as the others.
        long buckets = Math.Max(1, positions / ((long)options.MicroBatchTokens * BucketMicroBatches));
        List<int> lengths = [];
        for (long draw = 1; draw <= draws.Count; draw++)
        {
            int length = _cursor.Next().Length;
            lengths.Add(length);
            seen += length;
            if (draw < draws.Count && seen < (double)positions / buckets * _firstDraws.Count) continue;
            lengths.Sort();
            lengths.Reverse();
            _firstDraws.Add(draw);
            _firstBatches.Add(checked(_firstBatches[^1] + Pack(lengths, options).Count()));
            lengths.Clear();
        }
    }

    /// <summary>Number of micro-batches.</summary>
    public int Count => _firstBatches[^1];

    /// <summary>Tokens that all micro-batches predict.</summary>
    public long Predictions { get; }

    /// <summary>A micro-batch.</summary>
    public PlannedBatch this[int index]
    {
        get
        {
            int bucket = _firstBatches.BinarySearch(index);
            if (bucket < 0) bucket = ~bucket - 1;
            ref (int Bucket, PlannedBatch[] Batches) made = ref _made[bucket % _made.Length];
            if (made.Bucket != bucket) made = (bucket, Make(bucket));
            return made.Batches[index - _firstBatches[bucket]];
        }
    }

    private PlannedBatch[] Make(int bucket)
    {
        _cursor.Seek(_firstDraws[bucket]);
        TrainingWindow[] windows = new TrainingWindow[_firstDraws[bucket + 1] - _firstDraws[bucket]];
        for (int i = 0; i < windows.Length; i++) windows[i] = _cursor.Next();
        // Longest first, so that a batch's first window gives its length; the sort is stable, so the order repeats.
        TrainingWindow[] sorted = [.. windows.OrderByDescending(window => window.Length)];
        PlannedBatch[] batches = [.. Pack([.. sorted.Select(window => window.Length)], _options).Select(batch => new PlannedBatch(sorted[batch.Windows], batch.Length))];
        new SeededRandom(_options.Seed ^ ShuffleSalt, (ulong)bucket).Shuffle(batches.AsSpan());
        return batches;
    }

    // Which of windows that are sorted by length, the longest first, run together, and how long they are made.
    private static IEnumerable<(Range Windows, int Length)> Pack(List<int> lengths, BatchPlanOptions options)
    {
        for (int start = 0; start < lengths.Count;)
        {
            int length = (lengths[start] + options.LengthMultiple - 1) / options.LengthMultiple * options.LengthMultiple;
            int count = Math.Clamp(options.MicroBatchTokens / length, 1, lengths.Count - start);
            yield return (start..(start + count), length);
            start += count;
        }
    }
}
