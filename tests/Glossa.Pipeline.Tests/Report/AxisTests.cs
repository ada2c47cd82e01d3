using CsCheck;
using Glossa.Pipeline.Report.Drawing;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Report;

[TestFixture]
internal sealed class AxisTests
{
    [Test]
    public void Linear_ReachesRoundNumbers()
    {
        Axis axis = Axis.Linear(1.03, 3.05, 10);
        Assert.That(axis.Ticks, Is.EqualTo((double[])[1, 1.5, 2, 2.5, 3, 3.5]));
        Assert.That(axis.Position(1), Is.Zero);
        Assert.That(axis.Position(3.5), Is.EqualTo(1));
    }

    [Test]
    public void Logarithmic_LessThanADecade_TakesMoreMantissas()
    {
        Axis axis = Axis.Logarithmic(2.5, 7.5, 9);
        Assert.That(axis.Ticks, Is.EqualTo((double[])[2.5, 3, 4, 5, 6, 7]).Within(1e-12));
        Assert.That(axis.Position(Math.Sqrt(2.5 * 7.5)), Is.EqualTo(0.5).Within(1e-12));
    }

    [Test]
    public void Label_LargeNumbers_AreShort()
    {
        Axis axis = Axis.Linear(0, 5_200_000, 10);
        string[] labels = [.. axis.Ticks.Select(axis.Label).Take(3)];
        Assert.That(labels, Is.EqualTo((string[])["0", "1M", "2M"]));
    }

    [Test]
    public void Ticks_AnyRange_RiseWithinTheAxisWithLabelsOfTheirOwn() =>
        Gen.Select(Gen.Double[-6, 6], Gen.Double[-4, 4], Gen.Int[2, 14], Gen.Bool).Sample((start, span, wanted, logarithmic) =>
        {
            double min = Math.Pow(10, start);
            double max = min * (1 + Math.Pow(10, span));
            Axis axis = logarithmic ? Axis.Logarithmic(min, max, wanted) : Axis.Linear(min, max, wanted);
            string[] labels = [.. axis.Ticks.Select(axis.Label)];
            return axis.Ticks.Count is >= 2 and < 60
                && axis.Ticks.Zip(axis.Ticks.Skip(1)).All(p => p.First < p.Second)
                && axis.Ticks.Zip(axis.Ticks.Skip(1)).All(p => axis.Position(p.First) < axis.Position(p.Second))
                && axis.Position(min) < axis.Position(max)
                && labels.All(l => l.Length > 0);
        });

    [TestCase(0, 0)]
    [TestCase(2.5, 2.5)]
    public void Linear_OneValue_StillHasLength(double min, double max)
    {
        Axis axis = Axis.Linear(min, max, 5);
        Assert.That(axis.Position(min), Is.GreaterThan(0).And.LessThan(1));
    }

    [Test]
    public void Sample_ManyPoints_KeepsTheirMeanAndExtremes()
    {
        double[] values = [.. Enumerable.Range(0, 1000).Select(i => Math.Sin(i / 50.0))];
        int[] points = [.. Enumerable.Range(0, 1000)];
        IReadOnlyList<CurveSample> samples = Curve.Sample(points, i => i, i => values[i], 100);
        Assert.That(samples, Has.Count.EqualTo(100));
        Assert.That(samples.Min(s => s.Low), Is.EqualTo(values.Min()));
        Assert.That(samples.Max(s => s.High), Is.EqualTo(values.Max()));
        Assert.That(samples.Average(s => s.Mean), Is.EqualTo(values.Average()).Within(1e-3));
        Assert.That(samples.Zip(samples.Skip(1)).All(p => p.First.X < p.Second.X), Is.True);
    }

    [Test]
    public void Sample_PointsAtOnePlace_AreOnePiece() =>
        Assert.That(Curve.Sample([1.0, 3.0], _ => 5, v => v, 10), Is.EqualTo((CurveSample[])[new(5, 2, 1, 3)]));
}
