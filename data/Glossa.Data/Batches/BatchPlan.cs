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
public sealed record ReplayedWindows(IReadOnlyList<IReadOnlyList<TrainingWindow>> Windows, double Start, double End)
{
    /// <summary>Their share of all tokens of the phase.</summary>
    public double Share => (Start + End) / 2;
}

/// <summary>Windows that are run together, padded to one length.</summary>
/// <param name="Windows">The windows.</param>
/// <param name="Length">Their common length.</param>
public sealed record PlannedBatch(TrainingWindow[] Windows, int Length);

/// <summary>
/// Which windows every step of a phase sees. The plan is a function of the windows, the options and the seed, so that a resumed run
/// sees what an uninterrupted one sees, from the step number alone. Each language goes through its windows in epochs, reshuffled every time;
/// windows of similar length share a micro-batch, so that little is padded, and micro-batches are shuffled over the phase.
/// </summary>
public sealed class BatchPlan
{
    private const int BucketMicroBatches = 64;
    private const ulong ReplaySalt = 0x5EED_0A6A_1B0B_0007;

    private readonly PlannedBatch[][] _steps;

    private BatchPlan(PlannedBatch[][] steps) => _steps = steps;

    /// <summary>Number of steps.</summary>
    public int Steps => _steps.Length;

    /// <summary>The micro-batches of a step.</summary>
    public IReadOnlyList<PlannedBatch> Step(int step) => _steps[step];

    /// <summary>Tokens that a step predicts.</summary>
    public int Predictions(int step) => _steps[step].Sum(batch => batch.Windows.Sum(window => window.Predictions));

    /// <summary>Plans a phase.</summary>
    /// <param name="windowsByLanguage">The windows of each language that takes part; empty ones are passed over.</param>
    /// <param name="options">Budget and sizes.</param>
    /// <param name="replayed">Windows of earlier phases that take a share of the budget; null for none.</param>
    /// <exception cref="InputException">There is no window at all.</exception>
    public static BatchPlan Make(IReadOnlyList<IReadOnlyList<TrainingWindow>> windowsByLanguage, BatchPlanOptions options, ReplayedWindows? replayed = null)
    {
        ArgumentNullException.ThrowIfNull(windowsByLanguage);
        ArgumentNullException.ThrowIfNull(options);
        if (replayed is null || replayed.Share == 0) return new BatchPlan([.. Batches(windowsByLanguage, options).Chunk(options.MicroBatchesPerStep)]);
        long again = (long)Math.Round(options.Tokens * replayed.Share);
        PlannedBatch[] old = Batches(replayed.Windows, options with { Tokens = again, Seed = options.Seed ^ ReplaySalt });
        PlannedBatch[] own = replayed.Share >= 1 ? [] : Batches(windowsByLanguage, options with { Tokens = options.Tokens - again });
        PlannedBatch[] mixed =
        [
            .. Placed(old, replayed.Start, replayed.End).Concat(Placed(own, 1 - replayed.Start, 1 - replayed.End)).OrderBy(batch => batch.Place).Select(batch => batch.Batch),
        ];
        return new BatchPlan([.. mixed.Chunk(options.MicroBatchesPerStep)]);
    }

    private static PlannedBatch[] Batches(IReadOnlyList<IReadOnlyList<TrainingWindow>> windows, BatchPlanOptions options)
    {
        PlannedBatch[] batches = Bucket(Draw(windows, options), options);
        new SeededRandom(options.Seed, ulong.MaxValue).Shuffle(batches.AsSpan());
        return batches;
    }

    // Spreads batches over [0, 1] so that their density moves along a straight line: each stands where the integral of the line has its share.
    private static IEnumerable<(double Place, PlannedBatch Batch)> Placed(PlannedBatch[] batches, double start, double end)
    {
        double mean = (start + end) / 2;
        return batches.Select((batch, i) =>
        {
            double area = mean * (i + 0.5) / batches.Length;
            return (2 * area / (start + Math.Sqrt(start * start + 2 * (end - start) * area)), batch);
        });
    }

    private static List<TrainingWindow> Draw(IReadOnlyList<IReadOnlyList<TrainingWindow>> languages, BatchPlanOptions options)
    {
        double[] sizes = [.. languages.Select(windows => (double)windows.Sum(window => (long)window.Predictions))];
        double[] weights = [.. sizes.Select(size => size == 0 ? 0 : Math.Pow(size, options.Sampling))];
        double total = weights.Sum();
        if (total == 0) throw new InputException("there is no text to train on in the chosen languages", fix: "check corpus.split and languages");
        List<TrainingWindow> drawn = [];
        double owed = 0;
        for (int i = 0; i < languages.Count; i++)
        {
            if (weights[i] == 0) continue;
            // What one language falls short of or exceeds by whole windows is carried to the next, so that the sum is the budget.
            owed += options.Tokens * weights[i] / total;
            owed -= DrawLanguage(languages[i], owed, new SeededRandom(options.Seed, (ulong)i), drawn);
        }
        return drawn;
    }

    private static double DrawLanguage(IReadOnlyList<TrainingWindow> windows, double tokens, SeededRandom random, List<TrainingWindow> drawn)
    {
        TrainingWindow[] order = [.. windows];
        double taken = 0;
        for (int next = order.Length; ; next++)
        {
            if (next == order.Length)
            {
                random.Shuffle(order.AsSpan());
                next = 0;
            }
            if (taken + order[next].Predictions / 2.0 > tokens) return taken;
            drawn.Add(order[next]);
            taken += order[next].Predictions;
        }
    }

    private static PlannedBatch[] Bucket(List<TrainingWindow> drawn, BatchPlanOptions options)
    {
        TrainingWindow[] windows = [.. drawn];
        new SeededRandom(options.Seed, ulong.MaxValue - 1).Shuffle(windows.AsSpan());
        List<PlannedBatch> batches = [];
        List<TrainingWindow> bucket = [];
        long positions = 0;
        foreach (TrainingWindow window in windows)
        {
            bucket.Add(window);
            positions += window.Length;
            if (positions < (long)options.MicroBatchTokens * BucketMicroBatches) continue;
            Pack(bucket, options, batches);
            bucket.Clear();
            positions = 0;
        }
        Pack(bucket, options, batches);
        return [.. batches];
    }

    private static void Pack(List<TrainingWindow> bucket, BatchPlanOptions options, List<PlannedBatch> batches)
    {
        // Longest first, so that a batch's first window gives its length; the sort is stable, so the order repeats.
        List<TrainingWindow> sorted = [.. bucket.OrderByDescending(window => window.Length)];
        for (int start = 0; start < sorted.Count;)
        {
            int length = (sorted[start].Length + options.LengthMultiple - 1) / options.LengthMultiple * options.LengthMultiple;
            int count = Math.Clamp(options.MicroBatchTokens / length, 1, sorted.Count - start);
            batches.Add(new PlannedBatch([.. sorted.GetRange(start, count)], length));
            start += count;
        }
    }
}
