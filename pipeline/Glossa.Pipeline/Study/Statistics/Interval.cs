namespace Glossa.Pipeline.Study.Statistics;

/// <summary>An interval of 95 % confidence.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
internal readonly record struct Interval(double Low, double High)
{
    /// <summary>The confidence of all intervals.</summary>
    public const double Confidence = 0.95;

    /// <summary>Whether a value lies inside.</summary>
    public bool Holds(double value) => Low <= value && value <= High;

    /// <summary>The interval of the mean of a few independent values by Student's t; null for fewer than two.</summary>
    public static Interval? OfMean(IReadOnlyList<double> values)
    {
        if (values.Count < 2) return null;
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        double half = StudentT.Bound(Confidence, values.Count - 1) * deviation / Math.Sqrt(values.Count);
        return new Interval(mean - half, mean + half);
    }
}
