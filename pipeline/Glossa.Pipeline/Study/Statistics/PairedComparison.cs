namespace Glossa.Pipeline.Study.Statistics;

/// <summary>One arm held against another, by seed and language.</summary>
/// <param name="Mean">Mean difference, arm minus the other, bits per byte; below 0 the arm is better.</param>
/// <param name="Bootstrap">Interval over seeds and languages.</param>
/// <param name="OverSeeds">Interval of the seeds' mean differences by Student's t; null for one seed.</param>
/// <param name="Seeds">Number of seeds.</param>
/// <param name="Languages">Number of languages.</param>
/// <param name="Lower">In how many languages the arm's mean over seeds is lower.</param>
internal sealed record PairedComparison(double Mean, Interval Bootstrap, Interval? OverSeeds, int Seeds, int Languages, int Lower)
{
    /// <summary>-1 where the arm is lower and both intervals say so, 1 where it is higher, 0 where that cannot be told.</summary>
    public int Verdict => OverSeeds is not { } seeds || seeds.Holds(0) || Bootstrap.Holds(0) ? 0 : Math.Sign(Mean);

    /// <summary>Compares.</summary>
    /// <param name="arm">The arm's figures, [seed][language].</param>
    /// <param name="other">The other's, of the same seeds and languages.</param>
    public static PairedComparison Of(double[][] arm, double[][] other)
    {
        double[][] differences = [.. arm.Zip(other, (a, b) => a.Zip(b, (x, y) => x - y).ToArray())];
        double[] bySeed = [.. differences.Select(row => row.Average())];
        int languages = differences[0].Length;
        return new PairedComparison(
            bySeed.Average(),
            TwoLevelBootstrap.Of(differences.Length, languages, (seeds, tags) => TwoLevelBootstrap.Mean(differences, seeds, tags)),
            Interval.OfMean(bySeed), differences.Length, languages,
            Enumerable.Range(0, languages).Count(language => differences.Sum(row => row[language]) < 0));
    }
}
