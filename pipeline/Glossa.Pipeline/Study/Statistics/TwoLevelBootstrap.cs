namespace Glossa.Pipeline.Study.Statistics;

/// <summary>
/// Confidence intervals where seeds and languages are both a sample of those there could be: each round draws seeds and,
/// independently, languages with replacement, and computes the figure from them (percentile bootstrap; Efron and
/// Tibshirani, "An Introduction to the Bootstrap", 1993). With a handful of seeds it is somewhat too narrow, which is why
/// the t interval over seeds stands beside it.
/// </summary>
internal static class TwoLevelBootstrap
{
    private const int Rounds = 4000;
    private const ulong Seed = 20_240_607;

    /// <summary>The interval of a figure; the same arguments give the same bits.</summary>
    /// <param name="seeds">Number of seeds.</param>
    /// <param name="languages">Number of languages.</param>
    /// <param name="figure">Computes the figure from the indices of the drawn seeds and languages; may give an infinity, never NaN.</param>
    /// <param name="rounds">Number of draws.</param>
    public static Interval Of(int seeds, int languages, Func<int[], int[], double> figure, int rounds = Rounds)
    {
        SeededRandom random = new(Seed);
        double[] figures = new double[rounds];
        int[] drawnSeeds = new int[seeds], drawnLanguages = new int[languages];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < seeds; i++) drawnSeeds[i] = random.NextInt32(seeds);
            for (int i = 0; i < languages; i++) drawnLanguages[i] = random.NextInt32(languages);
            figures[round] = figure(drawnSeeds, drawnLanguages);
        }
        Array.Sort(figures);
        return new Interval(Quantile(figures, (1 - Interval.Confidence) / 2), Quantile(figures, (1 + Interval.Confidence) / 2));
    }

    /// <summary>The mean over drawn seeds and languages.</summary>
    internal static double Mean(double[][] figures, int[] seeds, int[] languages)
    {
        double sum = 0;
        foreach (int seed in seeds)
        {
            double[] row = figures[seed];
            foreach (int language in languages) sum += row[language];
        }
        return sum / ((double)seeds.Length * languages.Length);
    }

    /// <summary>A quantile of sorted values, between neighbours by their distance.</summary>
    internal static double Quantile(double[] sorted, double share)
    {
        double position = share * (sorted.Length - 1);
        int below = (int)Math.Floor(position), above = Math.Min(sorted.Length - 1, below + 1);
        // Two equal infinities have no difference to go between.
        return sorted[below] == sorted[above] || position == below ? sorted[below] : sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
