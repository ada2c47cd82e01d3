namespace Glossa.Pipeline.Report;

/// <summary>What must hold in every report, whether just made or read from a file.</summary>
internal static class ReportChecks
{
    /// <summary>The first thing wrong with <paramref name="report"/> in one line; null where all is well.</summary>
    public static string? FirstProblem(RunReport report) =>
        Summary(report.BitsPerByte, "bitsPerByte")
        ?? (report.Lzma2 is { } lzma2 ? Summary(lzma2, "lzma2") : null)
        ?? Languages(report.Languages)
        ?? Training(report.Training)
        ?? Exports(report.Exports)
        ?? Curve(report.LearningCurve)
        ?? report.Stages.Select((s, i) => Measure(s.Seconds, $"stages[{i}].seconds")).FirstOrDefault(p => p is not null);

    private static string? Summary(BitsPerByteSummary summary, string where) =>
        Positive(summary.Mean, where + ".mean")
        ?? Positive(summary.Median, where + ".median")
        ?? Positive(summary.WorstDecile, where + ".worstDecile")
        ?? Positive(summary.Control ?? 1, where + ".control");

    private static string? Languages(IReadOnlyList<LanguageResult> languages)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < languages.Count; i++)
        {
            LanguageResult language = languages[i];
            string where = $"languages[{i}]";
            if (string.IsNullOrWhiteSpace(language.Language)) return $"{where}.language is empty";
            if (!seen.Add(language.Language)) return $"{where}.language '{language.Language}' stands in the list twice";
            if (language.Phase is not (1 or 2)) return $"{where}.phase is {language.Phase}, expected 1 or 2";
            string? problem = Positive(language.BitsPerByte, where + ".bitsPerByte")
                ?? Positive(language.BitsPerByteAfterPhase1 ?? 1, where + ".bitsPerByteAfterPhase1")
                ?? Positive(language.Lzma2 ?? 1, where + ".lzma2")
                ?? Measure(language.TrainBytes, where + ".trainBytes");
            if (problem is not null) return problem;
        }
        return null;
    }

    private static string? Training(TrainingSummary training)
    {
        for (int i = 0; i < training.Phases.Count; i++)
        {
            PhaseSummary phase = training.Phases[i];
            string where = $"training.phases[{i}]";
            string? problem = Measure(phase.Languages, where + ".languages")
                ?? Measure(phase.UniqueBytes, where + ".uniqueBytes")
                ?? Measure(phase.Tokens, where + ".tokens")
                ?? Measure(phase.Steps, where + ".steps")
                ?? Measure(phase.Seconds, where + ".seconds")
                ?? Measure(phase.TokensPerSecond, where + ".tokensPerSecond");
            if (problem is not null) return problem;
        }
        return Measure(training.Parameters, "training.parameters") ?? Finite(training.Teachers?.Weight ?? 0, "training.teachers.weight");
    }

    private static string? Exports(IReadOnlyList<ExportedFile> exports)
    {
        for (int i = 0; i < exports.Count; i++)
        {
            string where = $"exports[{i}]";
            string? problem = Measure(exports[i].Bytes, where + ".bytes")
                ?? Positive(exports[i].BitsPerByte, where + ".bitsPerByte")
                ?? Finite(exports[i].RelativeChange, where + ".relativeChange")
                ?? Measure(exports[i].MillisecondsPerSentence, where + ".millisecondsPerSentence")
                ?? Measure(exports[i].Speed?.LoadMilliseconds ?? 0, where + ".speed.loadMilliseconds")
                ?? Measure(exports[i].Speed?.MillisecondsPerBatch ?? 0, where + ".speed.millisecondsPerBatch")
                ?? Measure(exports[i].Speed?.TokensPerSecond ?? 0, where + ".speed.tokensPerSecond");
            if (problem is not null) return problem;
        }
        return null;
    }

    private static string? Curve(IReadOnlyList<LearningCurvePoint> curve)
    {
        for (int i = 0; i < curve.Count; i++)
        {
            LearningCurvePoint point = curve[i];
            string where = $"learningCurve[{i}]";
            if (i > 0 && point.Step <= curve[i - 1].Step) return $"{where}.step is {point.Step}, expected more than {curve[i - 1].Step}";
            if (i > 0 && point.Tokens < curve[i - 1].Tokens) return $"{where}.tokens is {point.Tokens}, expected {curve[i - 1].Tokens} at least";
            if (point.Phase < 1) return $"{where}.phase is {point.Phase}, expected 1 or more";
            string? problem = Measure(point.Loss, where + ".loss")
                ?? Measure(point.LearningRateFactor, where + ".learningRateFactor")
                ?? Measure(point.TokensPerSecond, where + ".tokensPerSecond");
            if (problem is not null) return problem;
        }
        return null;
    }

    private static string? Positive(double value, string where) =>
        double.IsFinite(value) && value > 0 ? null : $"{where} is {Show(value)}, expected a number above 0";

    private static string? Measure(double value, string where) =>
        double.IsFinite(value) && value >= 0 ? null : $"{where} is {Show(value)}, expected a number that is not negative";

    private static string? Finite(double value, string where) =>
        double.IsFinite(value) ? null : $"{where} is {Show(value)}, expected a finite number";

    private static string Show(double value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
