namespace Glossa.Models.Tests.Evaluation;

/// <summary>The error function to double precision (Abramowitz and Stegun 7.1.6 and 7.1.14).</summary>
internal static class ErrorFunction
{
    internal static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (a > 6) return Math.Sign(x);
        return a < 2.5 ? Series(x) : Math.Sign(x) * (1 - Complement(a));
    }

    /// <summary>2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1)); all terms have one sign.</summary>
    private static double Series(double x)
    {
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    /// <summary>The continued fraction of erfc, from the far end.</summary>
    private static double Complement(double x)
    {
        double fraction = x;
        for (int n = 200; n >= 1; n--) fraction = x + (n / 2.0 / fraction);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }
}
