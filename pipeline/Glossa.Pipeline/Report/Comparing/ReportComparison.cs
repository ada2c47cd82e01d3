namespace Glossa.Pipeline.Report.Comparing;

/// <summary>Compares a report with the one before and holds it against a gate.</summary>
public static class ReportComparison
{
    /// <summary>Number of languages in <see cref="ComparisonResult.WorstRegressions"/>, at most.</summary>
    public const int RegressionsListed = 20;

    // Room for the rounding of previous * (1 + gate): exactly 1 % worse is not worse than 1 %.
    private const double Rounding = 1e-12;

    /// <summary>
    /// Compares two reports. Where both hold the same languages the gated figure is the headline; otherwise it is the
    /// mean over the languages of both, so that a language that came or went moves nothing.
    /// </summary>
    /// <exception cref="InputException">The gate is no share, or the reports have no language in common.</exception>
    public static ComparisonResult Compare(RunReport previous, RunReport current, ComparisonGate? gate = null)
    {
        gate ??= new ComparisonGate();
        if (!double.IsFinite(gate.MaximumRelativeChange) || gate.MaximumRelativeChange < 0)
            throw new InputException($"a gate of {Figures.Ratio(gate.MaximumRelativeChange)} on mean bits per byte", null, "give a share that is not negative, such as 0.01 for 1 %");

        LanguageChange[] shared = Shared(previous, current);
        string[] added = Missing(current, previous);
        string[] removed = Missing(previous, current);
        FigureChange mean = Mean(previous, current, shared, sameLanguages: added.Length + removed.Length == 0);
        // Written so that a figure that is not a number fails.
        bool passed = mean.Current <= mean.Previous * (1 + gate.MaximumRelativeChange) * (1 + Rounding);
        return new(
            passed,
            Verdict(passed, mean, gate),
            gate,
            previous.Config,
            current.Config,
            mean,
            FigureChange.Of(previous.Training.Phases.Sum(p => p.Seconds), current.Training.Phases.Sum(p => p.Seconds)),
            shared.Length,
            shared.Count(l => l.BitsPerByte.Current < l.BitsPerByte.Previous),
            shared.Count(l => l.BitsPerByte.Current > l.BitsPerByte.Previous),
            [
                .. shared.Where(l => l.BitsPerByte.Current > l.BitsPerByte.Previous)
                    .OrderByDescending(l => l.BitsPerByte.RelativeChange).ThenBy(l => l.Language, StringComparer.Ordinal)
                    .Take(RegressionsListed),
            ],
            added,
            removed,
            Exports(previous, current),
            ComparisonNotes.Of(previous, current, added.Length, removed.Length));
    }

    private static LanguageChange[] Shared(RunReport previous, RunReport current)
    {
        Dictionary<string, LanguageResult> before = previous.Languages.ToDictionary(l => l.Language, StringComparer.Ordinal);
        return
        [
            .. current.Languages.Where(l => before.ContainsKey(l.Language)).OrderBy(l => l.Language, StringComparer.Ordinal)
                .Select(l => new LanguageChange(l.Language, l.Name, FigureChange.Of(before[l.Language].BitsPerByte, l.BitsPerByte))),
        ];
    }

    private static string[] Missing(RunReport from, RunReport other) =>
        [.. from.Languages.Select(l => l.Language).Except(other.Languages.Select(l => l.Language), StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static FigureChange Mean(RunReport previous, RunReport current, LanguageChange[] shared, bool sameLanguages)
    {
        if (sameLanguages) return FigureChange.Of(previous.BitsPerByte.Mean, current.BitsPerByte.Mean);
        if (shared.Length == 0)
            throw new InputException("the two reports have no language in common", null, "compare runs on the same corpus");
        return FigureChange.Of(shared.Average(l => l.BitsPerByte.Previous), shared.Average(l => l.BitsPerByte.Current));
    }

    private static ExportChange[] Exports(RunReport previous, RunReport current)
    {
        ILookup<string, ExportedFile> before = previous.Exports.ToLookup(e => e.Precision, StringComparer.Ordinal);
        return
        [
            .. from now in current.Exports
               let then = before[now.Precision].FirstOrDefault()
               where then is not null
               select new ExportChange(
                   now.Precision,
                   FigureChange.Of(then.BitsPerByte, now.BitsPerByte),
                   FigureChange.Of(then.Bytes, now.Bytes),
                   FigureChange.Of(then.MillisecondsPerSentence, now.MillisecondsPerSentence)),
        ];
    }

    private static string Verdict(bool passed, FigureChange mean, ComparisonGate gate)
    {
        double change = mean.RelativeChange ?? double.NaN;
        string figures = $"mean bits per byte {Figures.Bits(mean.Previous)} before, {Figures.Bits(mean.Current)} now ({Figures.Change(change, "0.00")})";
        string limit = Figures.Change(gate.MaximumRelativeChange, "0.##");
        return passed ? $"passed: {figures}, the gate is {limit}" : $"failed: {figures}, past the gate of {limit}";
    }
}
