namespace Glossa.Pipeline.Report.Drawing;

/// <summary>A piece of a curve as drawn: the mean of the points in it and how far they spread.</summary>
/// <param name="X">Mean position.</param>
/// <param name="Mean">Mean value.</param>
/// <param name="Low">Lowest value.</param>
/// <param name="High">Highest value.</param>
internal readonly record struct CurveSample(double X, double Mean, double Low, double High);

/// <summary>Thins curves out to what a screen can show.</summary>
internal static class Curve
{
    /// <summary>
    /// Puts the points, whose <paramref name="x"/> never falls, into at most <paramref name="buckets"/> pieces of equal
    /// width; a piece without a point is left out.
    /// </summary>
    public static IReadOnlyList<CurveSample> Sample<T>(
        IReadOnlyList<T> points, Func<T, double> x, Func<T, double> value, int buckets)
    {
        if (points.Count == 0) return [];
        double first = x(points[0]);
        double width = (x(points[^1]) - first) / buckets;
        List<CurveSample> samples = [];
        for (int start = 0; start < points.Count;)
        {
            int bucket = BucketOf(x(points[start]));
            (double sumX, double sum, double low, double high) = (0, 0, double.PositiveInfinity, double.NegativeInfinity);
            int end = start;
            for (; end < points.Count && BucketOf(x(points[end])) == bucket; end++)
            {
                double v = value(points[end]);
                (sumX, sum, low, high) = (sumX + x(points[end]), sum + v, Math.Min(low, v), Math.Max(high, v));
            }
            samples.Add(new(sumX / (end - start), sum / (end - start), low, high));
            start = end;
        }
        return samples;

        int BucketOf(double position) => width > 0 ? Math.Min(buckets - 1, (int)((position - first) / width)) : 0;
    }
}
