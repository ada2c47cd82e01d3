using Glossa.Training.Kernels.Rows;
using NUnit.Framework;

namespace Glossa.Training.Tests.Kernels;

public sealed unsafe class VectorFunctionsTests
{
    [Test]
    public void Exp_AllMagnitudes_IsWithinRounding()
    {
        float[] x = [.. Enumerable.Range(0, 20_001).Select(i => (i - 10_000) * 0.0087f)], y = new float[x.Length];
        fixed (float* from = x, to = y) VectorFunctions.Exp(from, to, x.Length);
        for (int i = 0; i < x.Length; i++) Assert.That(y[i], Is.EqualTo(Math.Exp(x[i])).Within(3e-5).Percent, $"e^{x[i]}");
    }

    [Test]
    public void Exp_BeyondTheRange_IsZeroInfiniteOrNoNumber()
    {
        float[] x = [-1e30f, -200, 89, float.PositiveInfinity, float.NaN, 0, -88, 88.7f], y = new float[8];
        fixed (float* from = x, to = y) VectorFunctions.Exp(from, to, x.Length);
        Assert.Multiple(() =>
        {
            Assert.That(y[..6], Is.EqualTo(new[] { 0, 0, float.PositiveInfinity, float.PositiveInfinity, float.NaN, 1 }));
            Assert.That(y[7], Is.EqualTo(Math.Exp(88.7f)).Within(3e-5).Percent);
        });
    }

    [Test]
    public void Gelu_AndItsSlope_AreThoseOfTheNormalDistribution()
    {
        float[] x = [.. Enumerable.Range(0, 4003).Select(i => (i - 2000) * 0.005f)], value = new float[x.Length], slope = new float[x.Length];
        fixed (float* from = x, to = value, slopes = slope)
        {
            VectorFunctions.Gelu(from, to, x.Length);
            VectorFunctions.GeluSlope(from, slopes, x.Length);
        }
        double phi = 0.5, last = 0;
        const double Step = 1e-4;
        // Phi by Simpson's rule from zero on.
        for (int i = 2000; i < x.Length; i++)
        {
            for (; last + Step <= x[i]; last += Step) phi += Step / 6 * (Density(last) + 4 * Density(last + Step / 2) + Density(last + Step));
            double here = phi + (x[i] - last) * Density((last + x[i]) / 2);
            Assert.That(value[i], Is.EqualTo(x[i] * here).Within(2e-6), $"gelu({x[i]})");
            Assert.That(slope[i], Is.EqualTo(here + x[i] * Density(x[i])).Within(1e-6), $"slope at {x[i]}");
            Assert.That(slope[4000 - Math.Min(i, 4000)], Is.EqualTo(1 - slope[Math.Min(i, 4000)]).Within(1e-6));
        }

        static double Density(double t) => Math.Exp(-t * t / 2) / Math.Sqrt(2 * Math.PI);
    }
}
