namespace Glossa.Pipeline.Report.Comparing;

/// <summary>What a new report may cost against the one before.</summary>
/// <param name="MaximumRelativeChange">How much worse the mean bits per byte may be, as a share: 0.01 is 1 %.</param>
public sealed record ComparisonGate(double MaximumRelativeChange = 0.01);

/// <summary>One figure in both reports.</summary>
/// <param name="Previous">The figure before.</param>
/// <param name="Current">The figure now.</param>
/// <param name="RelativeChange"><paramref name="Current"/> over <paramref name="Previous"/>, minus 1; null where there was nothing before.</param>
public sealed record FigureChange(double Previous, double Current, double? RelativeChange)
{
    /// <summary>The change from one figure to the other.</summary>
    public static FigureChange Of(double previous, double current) =>
        new(previous, current, previous > 0 ? current / previous - 1 : previous == current ? 0 : null);
}

/// <summary>Bits per byte of one language in both reports.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Name">English name, where known.</param>
/// <param name="BitsPerByte">The figures.</param>
public sealed record LanguageChange(string Language, string? Name, FigureChange BitsPerByte);

/// <summary>One exported precision in both reports.</summary>
/// <param name="Precision">The precision.</param>
/// <param name="BitsPerByte">Mean bits per byte of the file.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="MillisecondsPerSentence">Time per sentence.</param>
public sealed record ExportChange(string Precision, FigureChange BitsPerByte, FigureChange Bytes, FigureChange MillisecondsPerSentence);

/// <summary>Two reports beside each other.</summary>
/// <param name="Passed">True where the gate holds.</param>
/// <param name="Verdict">The outcome in one sentence with its figures.</param>
/// <param name="Gate">The gate.</param>
/// <param name="PreviousConfig">Name of the earlier configuration.</param>
/// <param name="CurrentConfig">Name of the new configuration.</param>
/// <param name="Mean">The gated figure: mean bits per byte over the languages of both reports.</param>
/// <param name="TrainingSeconds">Time of all phases.</param>
/// <param name="LanguagesCompared">Number of languages in both reports.</param>
/// <param name="LanguagesImproved">How many of them have fewer bits per byte now.</param>
/// <param name="LanguagesWorse">How many of them have more.</param>
/// <param name="WorstRegressions">Those that lost most, worst first.</param>
/// <param name="LanguagesAdded">Languages of the new report alone.</param>
/// <param name="LanguagesRemoved">Languages of the earlier report alone.</param>
/// <param name="Exports">The precisions of both reports.</param>
/// <param name="Notes">What makes the two less comparable, one sentence each.</param>
public sealed record ComparisonResult(
    bool Passed,
    string Verdict,
    ComparisonGate Gate,
    string PreviousConfig,
    string CurrentConfig,
    FigureChange Mean,
    FigureChange TrainingSeconds,
    int LanguagesCompared,
    int LanguagesImproved,
    int LanguagesWorse,
    IReadOnlyList<LanguageChange> WorstRegressions,
    IReadOnlyList<string> LanguagesAdded,
    IReadOnlyList<string> LanguagesRemoved,
    IReadOnlyList<ExportChange> Exports,
    IReadOnlyList<string> Notes);
