namespace Glossa.Pipeline.Study.Statistics;

/// <summary>Student's t distribution with whole degrees of freedom.</summary>
internal static class StudentT
{
    /// <summary>
    /// The share of the distribution within ±<paramref name="t"/>, by the finite sums over powers of a cosine
    /// (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4).
    /// </summary>
    /// <param name="t">At least 0.</param>
    /// <param name="freedom">Degrees of freedom, at least 1.</param>
    public static double Within(double t, int freedom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(freedom, 1);
        double angle = Math.Atan(t / Math.Sqrt(freedom)), cosine = Math.Cos(angle), squared = cosine * cosine;
        bool odd = freedom % 2 == 1;
        double term = odd ? cosine : 1, sum = freedom == 1 ? 0 : term;
        for (int k = odd ? 3 : 2; k < freedom; k += 2)
        {
            term *= squared * (k - 1) / k;
            sum += term;
        }
        return odd ? 2 / Math.PI * (angle + (Math.Sin(angle) * sum)) : Math.Sin(angle) * sum;
    }

    /// <summary>The t within ± of which lies a share of the distribution; 4.303 for 0.95 and 2 degrees of freedom.</summary>
    public static double Bound(double share, int freedom)
    {
        (double low, double high) = (0, 1);
        while (Within(high, freedom) < share) high *= 2;
        for (int i = 0; i < 100; i++)
        {
            double middle = (low + high) / 2;
            if (Within(middle, freedom) < share) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }
}
