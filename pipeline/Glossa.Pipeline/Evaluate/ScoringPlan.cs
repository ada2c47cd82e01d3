namespace Glossa.Pipeline.Evaluate;

/// <summary>A stretch of one sequence that a model sees at once.</summary>
/// <param name="Sequence">Index of the sequence.</param>
/// <param name="Start">Position of its first token in the sequence.</param>
/// <param name="Length">Number of tokens, the last of which is only ever a target.</param>
/// <param name="FirstScored">Position in the sequence of the first token scored here; earlier ones are context.</param>
internal readonly record struct ScoringWindow(int Sequence, int Start, int Length, int FirstScored);

/// <summary>Windows that go through the model together, the longest first; <see cref="Length"/> counts input tokens per row.</summary>
/// <param name="First">Index of the first window.</param>
/// <param name="Rows">Number of windows.</param>
/// <param name="Length">Input tokens per row; shorter rows are padded on the right.</param>
internal readonly record struct ScoringBatch(int First, int Rows, int Length);

/// <summary>
/// Cuts sequences into windows and packs windows of similar length into batches: of so many sequences at a time that what a plan holds does not grow with them. The plan
/// depends on the sequences and the options that belong to the measure alone, so figures are the same on any number of threads.
/// </summary>
internal sealed class ScoringPlan
{
    private const int MostWindows = 1 << 16;

    private ScoringPlan(ScoringWindow[] windows, ScoringBatch[] batches)
    {
        Windows = windows;
        Batches = batches;
    }

    /// <summary>All windows, the longest first.</summary>
    public ScoringWindow[] Windows { get; }

    /// <summary>All batches; each covers consecutive windows.</summary>
    public ScoringBatch[] Batches { get; }

    /// <summary>Plans that together cover all sequences, each made when it is asked for.</summary>
    public static IEnumerable<ScoringPlan> Of(IReadOnlyList<ScoringSequence> sequences, ScoringOptions options)
    {
        for (int next = 0; next < sequences.Count;)
        {
            List<ScoringWindow> windows = [];
            while (next < sequences.Count && windows.Count < MostWindows) Cut(windows, next, sequences[next++].Ids.Length, options);
            yield return Make(windows, options);
        }
    }

    private static ScoringPlan Make(List<ScoringWindow> windows, ScoringOptions options)
    {
        ScoringWindow[] sorted = [.. windows];
        Array.Sort(sorted, static (a, b) =>
            a.Length != b.Length ? b.Length.CompareTo(a.Length)
            : a.Sequence != b.Sequence ? a.Sequence.CompareTo(b.Sequence) : a.Start.CompareTo(b.Start));
        return new ScoringPlan(sorted, Pack(sorted, options.BatchTokens));
    }

    private static void Cut(List<ScoringWindow> windows, int sequence, int length, ScoringOptions options)
    {
        if (length < 2)
            throw new ArgumentException($"sequence {sequence} has {length} tokens: it needs one that is given and one to score");
        windows.Add(new ScoringWindow(sequence, 0, Math.Min(length, options.Window), 1));
        for (int start = 0, end = options.Window; end < length; end = start + options.Window)
        {
            start += options.Stride;
            windows.Add(new ScoringWindow(sequence, start, Math.Min(options.Window, length - start), end));
        }
    }

    private static ScoringBatch[] Pack(ScoringWindow[] sorted, int batchTokens)
    {
        List<ScoringBatch> batches = [];
        for (int first = 0; first < sorted.Length;)
        {
            int length = sorted[first].Length - 1;
            int rows = Math.Min(Math.Max(1, batchTokens / length), sorted.Length - first);
            batches.Add(new ScoringBatch(first, rows, length));
            first += rows;
        }
        return [.. batches];
    }
}
