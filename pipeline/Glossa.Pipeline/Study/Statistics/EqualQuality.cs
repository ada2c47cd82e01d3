namespace Glossa.Pipeline.Study.Statistics;

/// <summary>The unique bytes at which a series of arms reaches the mean of another arm.</summary>
/// <param name="Bytes">The unique bytes; infinity where the curve never gets there.</param>
/// <param name="Interval">Interval of the bytes over seeds and languages; an end may be infinite.</param>
/// <param name="ArmBytes">Unique bytes of the arm.</param>
/// <param name="Form">How the curve was drawn.</param>
/// <param name="Points">Number of points of the series.</param>
/// <param name="Measured">Least and most unique bytes of the series: beyond them the answer is extrapolated.</param>
/// <param name="Seeds">Number of seeds.</param>
/// <param name="Languages">Number of languages.</param>
internal sealed record EqualQuality(
    double Bytes, Interval Interval, double ArmBytes, ScalingForm Form, int Points, Interval Measured, int Seeds, int Languages)
{
    /// <summary>The series' bytes over the arm's.</summary>
    public double Share => Bytes / ArmBytes;

    /// <summary>Interval of <see cref="Share"/>.</summary>
    public Interval ShareInterval => new(Interval.Low / ArmBytes, Interval.High / ArmBytes);

    /// <summary>Whether the answer lies beyond what was measured.</summary>
    public bool Extrapolated => !Measured.Holds(Bytes);

    /// <summary>Fits and solves.</summary>
    /// <param name="series">The series: unique bytes with figures, [seed][language], of the same seeds and languages throughout.</param>
    /// <param name="armBytes">Unique bytes of the arm.</param>
    /// <param name="arm">The arm's figures, of the same seeds and languages.</param>
    public static EqualQuality Of(IReadOnlyList<(double Bytes, double[][] Figures)> series, double armBytes, double[][] arm)
    {
        int seeds = arm.Length, languages = arm[0].Length;
        int[] allSeeds = [.. Enumerable.Range(0, seeds)], allLanguages = [.. Enumerable.Range(0, languages)];
        ScalingCurve curve = Curve(allSeeds, allLanguages);
        return new EqualQuality(
            Solve(allSeeds, allLanguages), TwoLevelBootstrap.Of(seeds, languages, Solve), armBytes, curve.Form, series.Count,
            new Interval(series.Min(point => point.Bytes), series.Max(point => point.Bytes)), seeds, languages);

        ScalingCurve Curve(int[] drawnSeeds, int[] drawnLanguages) =>
            ScalingCurve.Fit([.. series.Select(point => (point.Bytes, TwoLevelBootstrap.Mean(point.Figures, drawnSeeds, drawnLanguages)))]);

        double Solve(int[] drawnSeeds, int[] drawnLanguages) =>
            Curve(drawnSeeds, drawnLanguages).BytesFor(TwoLevelBootstrap.Mean(arm, drawnSeeds, drawnLanguages));
    }
}
