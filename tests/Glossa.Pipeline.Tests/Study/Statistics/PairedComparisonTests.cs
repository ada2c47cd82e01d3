using CsCheck;
using Glossa.Pipeline.Study.Statistics;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study.Statistics;

[TestFixture]
internal sealed class PairedComparisonTests
{
    [Test]
    public void OfMean_ThreeValues_IsByHand()
    {
        // Mean 2, deviation 1, t = 4.3027 with two degrees of freedom: half width 4.3027 / sqrt(3) = 2.4841.
        Interval interval = Interval.OfMean([1, 2, 3])!.Value;
        Assert.That(interval.Low, Is.EqualTo(-0.4841).Within(1e-4));
        Assert.That(interval.High, Is.EqualTo(4.4841).Within(1e-4));
        Assert.That(Interval.OfMean([1]), Is.Null);
    }

    [Test]
    public void Of_TwoSeedsTwoLanguages_IsByHand()
    {
        // Differences: seed 1: -0.2, 0; seed 2: -0.4, -0.2. Means by seed -0.1 and -0.3, of all -0.2.
        PairedComparison result = PairedComparison.Of([[1.8, 3.0], [1.6, 2.9]], [[2.0, 3.0], [2.0, 3.1]]);
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(result.Mean, Is.EqualTo(-0.2).Within(1e-12));
        Assert.That(result.OverSeeds!.Value.Low, Is.EqualTo(-0.2 - (12.7062 * 0.1)).Within(1e-4));
        Assert.That(result.Lower, Is.EqualTo(2));
        Assert.That((result.Seeds, result.Languages), Is.EqualTo((2, 2)));
        // Drawn with replacement the mean can be anything from -0.4 (both draws the better) to 0.
        Assert.That(result.Bootstrap.Low, Is.EqualTo(-0.4).Within(1e-12));
        Assert.That(result.Bootstrap.High, Is.EqualTo(0).Within(1e-12));
        Assert.That(result.Verdict, Is.Zero, "two seeds say nothing here");
    }

    [Test]
    public void Of_ClearDifference_HasAVerdict()
    {
        double[][] other = [[2.0, 3.0], [2.01, 3.02], [1.99, 3.01]];
        double[][] lower = [.. other.Select((row, seed) => row.Select(value => value - 0.1 - (0.001 * seed)).ToArray())];
        Assert.That(PairedComparison.Of(lower, other).Verdict, Is.EqualTo(-1));
        Assert.That(PairedComparison.Of(other, lower).Verdict, Is.EqualTo(1));
    }

    [Test]
    public void Of_OneSeed_HasNoVerdict()
    {
        PairedComparison result = PairedComparison.Of([[1.0, 1.0]], [[2.0, 2.0]]);
        Assert.That(result.OverSeeds, Is.Null);
        Assert.That(result.Verdict, Is.Zero);
    }

    [Test]
    public void Of_ShiftedByAConstant_IsTheConstantThroughout() => Gen.Select(Gen.Int[1, 5], Gen.Int[1, 12], Gen.Double[-1, 1], Gen.ULong).Sample((seeds, languages, shift, seed) =>
    {
        double[][] other = Drawn(new SeededRandom(seed), seeds, languages);
        PairedComparison result = PairedComparison.Of([.. other.Select(row => row.Select(value => value + shift).ToArray())], other);
        Assert.That(new[] { result.Mean, result.Bootstrap.Low, result.Bootstrap.High }, Has.All.EqualTo(shift).Within(1e-9));
    }, iter: 20);

    [Test]
    public void Of_Swapped_IsTheMirrorImage() => Gen.ULong.Sample(seed =>
    {
        SeededRandom random = new(seed);
        double[][] a = Drawn(random, 3, 5), b = Drawn(random, 3, 5);
        PairedComparison forth = PairedComparison.Of(a, b), back = PairedComparison.Of(b, a);
        Assert.That(back.Mean, Is.EqualTo(-forth.Mean).Within(1e-12));
        Assert.That(back.OverSeeds!.Value.Low, Is.EqualTo(-forth.OverSeeds!.Value.High).Within(1e-9));
        Assert.That(back.Bootstrap.Low, Is.EqualTo(-forth.Bootstrap.High).Within(1e-9));
    }, iter: 10);

    [Test]
    public void Bootstrap_IndependentSeeds_IsAsWideAsTheoryHasIt()
    {
        // One language, 40 seeds of deviation 1: the mean's deviation is 1 / sqrt(40), and 95 % are within 1.96 of it.
        SeededRandom random = new(5);
        double[] values = [.. Enumerable.Range(0, 40).Select(_ => random.NextNormal())];
        double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        Interval interval = TwoLevelBootstrap.Of(40, 1, (seeds, _) => seeds.Average(seed => values[seed]));
        Assert.That(interval.High - interval.Low, Is.EqualTo(2 * 1.96 * deviation / Math.Sqrt(40)).Within(6).Percent);
    }

    [Test]
    public void Quantile_WithInfinities_NeverIsNaN()
    {
        double[] sorted = [0, 1, double.PositiveInfinity, double.PositiveInfinity];
        double[] quantiles = [.. new[] { 0, 0.25, 0.5, 0.9, 1 }.Select(share => TwoLevelBootstrap.Quantile(sorted, share))];
        Assert.That(quantiles, Has.None.NaN);
        Assert.That(TwoLevelBootstrap.Quantile([1, 2, 4], 0.75), Is.EqualTo(3));
    }

    private static double[][] Drawn(SeededRandom random, int seeds, int languages) =>
        [.. Enumerable.Range(0, seeds).Select(_ => Enumerable.Range(0, languages).Select(_ => 2 + random.NextDouble()).ToArray())];
}
