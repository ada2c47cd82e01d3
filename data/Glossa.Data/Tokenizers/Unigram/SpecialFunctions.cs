namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>Functions that the base library lacks.</summary>
internal static class SpecialFunctions
{
    /// <summary>The digamma function, the derivative of the logarithm of gamma, for arguments above 0: recurrence up to 7, then its asymptotic series.</summary>
    public static double Digamma(double x)
    {
        double sum = 0;
        for (; x < 7; x++) sum -= 1 / x;
        double inverse = 1 / (x * x);
        return sum + Math.Log(x) - (0.5 / x) - (inverse * ((1.0 / 12) - (inverse * ((1.0 / 120) - (inverse * ((1.0 / 252) - (inverse / 240)))))));
    }
}
