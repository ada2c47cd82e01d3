namespace Glossa.Pipeline.Report.Comparing;

/// <summary>What makes two reports less comparable.</summary>
internal static class ComparisonNotes
{
    /// <summary>One sentence for each difference that a reader has to know of.</summary>
    public static IReadOnlyList<string> Of(RunReport previous, RunReport current, int added, int removed)
    {
        List<string> notes = [];
        if (added + removed > 0)
            notes.Add($"The languages differ ({Figures.Count(added)} added, {Figures.Count(removed)} removed): the mean is over those of both, the headlines are {Figures.Bits(previous.BitsPerByte.Mean)} and {Figures.Bits(current.BitsPerByte.Mean)}.");
        if (previous.Config != current.Config)
            notes.Add($"The configurations differ: {previous.Config} and {current.Config}.");
        if (previous.Evaluation != current.Evaluation)
            notes.Add($"The figures were measured differently: {Describe(previous.Evaluation)} and {Describe(current.Evaluation)}.");
        if (previous.Training.Seed != current.Training.Seed)
            notes.Add($"The seeds differ: {Figures.Plain(previous.Training.Seed)} and {Figures.Plain(current.Training.Seed)}.");
        if (previous.Training.Parameters != current.Training.Parameters)
            notes.Add($"The models differ in size: {Figures.Count(previous.Training.Parameters)} and {Figures.Count(current.Training.Parameters)} parameters.");
        if (previous.Machine is { } then && current.Machine is { } now && (then.Processor, then.Cores) != (now.Processor, now.Cores))
            notes.Add($"The machines differ, so times say little: {then.Processor} ({Figures.Count(then.Cores)} cores) and {now.Processor} ({Figures.Count(now.Cores)} cores).");
        foreach (string precision in previous.Exports.Select(e => e.Precision).Except(current.Exports.Select(e => e.Precision), StringComparer.Ordinal))
            notes.Add($"{precision} is no longer exported.");
        return notes;
    }

    private static string Describe(EvaluationSettings? settings) => settings is null
        ? "settings not recorded"
        : $"{settings.Split} split, window {Figures.Count(settings.Window)}, stride {Figures.Count(settings.Stride)}";
}
