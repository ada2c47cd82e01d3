namespace Glossa.Pipeline.Report;

/// <summary>The model beside LZMA2, in plain words.</summary>
/// <param name="Model">Mean bits per byte of the model.</param>
/// <param name="Lzma2">Mean bits per byte of LZMA2.</param>
/// <param name="LowerIn">Number of languages in which the model is lower.</param>
/// <param name="Compared">Number of languages with both figures.</param>
internal sealed record BaselineVerdict(double Model, double Lzma2, int LowerIn, int Compared)
{
    /// <summary>What this method of compression is, in a few words.</summary>
    public const string MethodName = "LZMA2 (xz -9e, raw)";

    /// <summary>The comparison that <paramref name="report"/> allows; null where LZMA2 was not measured.</summary>
    public static BaselineVerdict? Of(RunReport report) => report.Lzma2 is { } lzma2
        ? new(
            report.BitsPerByte.Mean,
            lzma2.Mean,
            report.Languages.Count(l => l.BitsPerByte < l.Lzma2),
            report.Languages.Count(l => l.Lzma2 is not null))
        : null;

    /// <summary>Which of the two is lower, and by how much.</summary>
    public string Sentence
    {
        get
        {
            if (Figures.Bits(Model) == Figures.Bits(Lzma2)) return $"The model and LZMA2 are level at {Figures.Bits(Model)} bits per byte.";
            string share = Figures.Percent(Math.Abs(Model / Lzma2 - 1));
            string difference = Figures.Bits(Math.Abs(Model - Lzma2));
            return Model < Lzma2
                ? $"The model is lower than LZMA2, by {difference} bits per byte: it needs {share} fewer bits."
                : $"LZMA2 is lower than the model, by {difference} bits per byte: the model needs {share} more bits.";
        }
    }

    /// <summary>In how many languages the model is lower; null where no language has both figures.</summary>
    public string? PerLanguage => Compared == 0
        ? null
        : $"The model is lower in {Figures.Count(LowerIn)} of {Figures.Count(Compared)} languages.";
}
