using CsCheck;
using Glossa.Pipeline.Study.Statistics;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study.Statistics;

[TestFixture]
internal sealed class ScalingCurveTests
{
    private static readonly double[] Budgets = [1e5, 2e5, 4e5, 8e5, 1.6e6];

    [Test]
    public void Fit_PointsOfAPowerLaw_FindsIt() => Gen.Select(Gen.Double[0, 1.5], Gen.Double[0.3, 3], Gen.Double[0.1, 1.5]).Sample((a, b, c) =>
    {
        double Law(double bytes) => a + (b * Math.Pow(bytes / 4e5, -c));
        ScalingCurve curve = ScalingCurve.Fit([.. Budgets.Select(bytes => (bytes, Law(bytes)))]);
        Assert.That(curve.Form, Is.EqualTo(ScalingForm.PowerLaw));
        foreach (double bytes in new[] { 1e5, 3e5, 1.2e6 }) Assert.That(curve.At(bytes), Is.EqualTo(Law(bytes)).Within(1e-4));
        Assert.That(curve.BytesFor(Law(3e5)), Is.EqualTo(3e5).Within(0.5).Percent);
    }, iter: 100);

    [Test]
    public void Fit_TwoPoints_IsALineOverTheLogarithm()
    {
        ScalingCurve curve = ScalingCurve.Fit([(1e5, 2.6), (4e5, 2.2)]);
        Assert.That(curve.Form, Is.EqualTo(ScalingForm.LogLinear));
        Assert.That(curve.At(2e5), Is.EqualTo(2.4).Within(1e-12));
        Assert.That(curve.BytesFor(2.4), Is.EqualTo(2e5).Within(1e-4));
    }

    [Test]
    public void Fit_ThreePoints_GoesThroughAllOfThem()
    {
        (double Bytes, double Bits)[] points = [(1e5, 2.8), (2e5, 2.5), (8e5, 2.2)];
        ScalingCurve curve = ScalingCurve.Fit(points);
        Assert.That(curve.Form, Is.EqualTo(ScalingForm.LogQuadratic));
        foreach ((double bytes, double bits) in points)
        {
            Assert.That(curve.At(bytes), Is.EqualTo(bits).Within(1e-9));
            Assert.That(curve.BytesFor(bits), Is.EqualTo(bytes).Within(0.001).Percent);
        }
    }

    [Test]
    public void BytesFor_BelowTheAsymptote_IsInfinite()
    {
        ScalingCurve law = ScalingCurve.Fit([.. Budgets.Select(bytes => (bytes, 1 + Math.Pow(bytes / 1e5, -0.8)))]);
        Assert.That(law.BytesFor(0.9), Is.EqualTo(double.PositiveInfinity));
        // A parabola that turns up again at 2.2 never gets below.
        Assert.That(ScalingCurve.Fit([(1e5, 2.8), (2e5, 2.2), (4e5, 2.8)]).BytesFor(2.1), Is.EqualTo(double.PositiveInfinity));
    }

    [Test]
    public void BytesFor_SeriesThatDoesNotFall_NeverIsNaN() => Gen.Select(Gen.Int[2, 6], Gen.ULong, Gen.Double[0.5, 5]).Sample((count, seed, bits) =>
    {
        SeededRandom random = new(seed);
        ScalingCurve curve = ScalingCurve.Fit([.. Enumerable.Range(0, count).Select(i => (1e5 * Math.Pow(2, i), 1 + (3 * random.NextDouble())))]);
        Assert.That(curve.BytesFor(bits), Is.GreaterThanOrEqualTo(0).And.Not.NaN);
    }, iter: 300);

    [Test]
    public void EqualQuality_SeriesOfThreeTimesLessData_IsAThird()
    {
        double Law(double bytes) => 1 + Math.Pow(bytes / 1e5, -0.5);
        double[][] Figures(double mean) => [[mean - 0.1, mean + 0.1], [mean - 0.11, mean + 0.11], [mean - 0.09, mean + 0.09]];
        EqualQuality result = EqualQuality.Of([.. Budgets.Select(bytes => (bytes, Figures(Law(bytes))))], 1.8e6, Figures(Law(6e5)));
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(result.Share, Is.EqualTo(1 / 3.0).Within(0.1).Percent);
        Assert.That(result.Extrapolated, Is.False);
        Assert.That(result.ShareInterval.Low, Is.LessThanOrEqualTo(result.Share));
        Assert.That(result.ShareInterval.High, Is.GreaterThanOrEqualTo(result.Share));
        Assert.That((result.Seeds, result.Languages, result.Points), Is.EqualTo((3, 2, 5)));
    }

    [Test]
    public void EqualQuality_BeyondTheSeries_SaysExtrapolated()
    {
        double[][] Figures(double mean) => [[mean], [mean]];
        EqualQuality result = EqualQuality.Of([(1e5, Figures(2.6)), (4e5, Figures(2.2))], 1e6, Figures(2.0));
        Assert.That(result.Extrapolated, Is.True);
        Assert.That(result.Bytes, Is.EqualTo(8e5).Within(0.01).Percent);
    }
}
