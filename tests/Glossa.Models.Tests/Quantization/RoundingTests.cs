using Glossa.Models.Quantization;
using NUnit.Framework;

namespace Glossa.Models.Tests.Quantization;

public sealed class RoundingTests
{
    [TestCase(4)]
    [TestCase(8)]
    public void Round_CorrelatedInputs_LosesLessThanNearest(int bits)
    {
        const int inputs = 64, channels = 12;
        double[] weights = Doubles(Runtime.Normal(inputs * channels, 3)), moments = Moments(inputs);
        RoundingGrid Grid() => new BlockGrid(weights, inputs, channels, 32, bits, Diagonal(moments, inputs), search: true);
        double nearest = Loss(weights, ErrorCompensation.RoundToNearest(weights, Grid()), moments, inputs, channels);
        double compensated = Loss(weights, ErrorCompensation.Round(weights, moments, 0, Grid()), moments, inputs, channels);
        Assert.That(compensated, Is.LessThan(0.6 * nearest));
    }

    [Test]
    public void Round_ChannelGrid_KeepsPairsBelowSaturation()
    {
        const int inputs = 63, channels = 9;
        double[] weights = Doubles(Runtime.Normal(inputs * channels, 4)), moments = Moments(inputs);
        ChannelGrid grid = new(weights, inputs, channels, Diagonal(moments, inputs), search: true);
        ErrorCompensation.Round(weights, moments, 0, grid);
        for (int k = 0; k + 1 < inputs; k += 2)
            for (int n = 0; n < channels; n++)
                Assert.That(Math.Abs((int)(sbyte)grid.Codes[k * channels + n]) + Math.Abs((int)(sbyte)grid.Codes[(k + 1) * channels + n]), Is.LessThanOrEqualTo(128));
    }

    [Test]
    public void Round_UnusedInputs_RoundToNearest()
    {
        double[] weights = Doubles(Runtime.Normal(32 * 4, 5)), moments = new double[32 * 32];
        double[] ones = [.. Enumerable.Repeat(1.0, 32)];
        double[] nearest = ErrorCompensation.RoundToNearest(weights, new BlockGrid(weights, 32, 4, 32, 4, ones, search: false));
        Assert.That(ErrorCompensation.Round(weights, moments, 0, new BlockGrid(weights, 32, 4, 32, 4, ones, search: false)), Is.EqualTo(nearest));
    }

    [Test]
    public void BlockGrid_SearchedScales_LoseLessThanTheRange()
    {
        double[] weights = Doubles(Runtime.Normal(128 * 16, 6)), ones = [.. Enumerable.Repeat(1.0, 128)];
        double Error(bool search) => weights.Zip(ErrorCompensation.RoundToNearest(weights, new BlockGrid(weights, 128, 16, 128, 4, ones, search)), (a, b) => (a - b) * (a - b)).Sum();
        Assert.That(Error(true), Is.LessThan(0.95 * Error(false)));
    }

    [Test]
    public void ReverseCholesky_ThenInverse_GiveTheInverseMatrix()
    {
        const int size = 7;
        double[] matrix = Moments(size);
        for (int i = 0; i < size; i++) matrix[i * size + i] += 1;
        double[] inverse = DenseMath.InvertLower(DenseMath.ReverseCholesky([.. matrix], size), size);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                // Row i of the matrix times column j of U^T U.
                double sum = 0;
                for (int k = 0; k < size; k++)
                    for (int r = 0; r < size; r++)
                        sum += matrix[i * size + k] * (k >= r ? inverse[k * size + r] : 0) * (j >= r ? inverse[j * size + r] : 0);
                Assert.That(sum, Is.EqualTo(i == j ? 1 : 0).Within(1e-9));
            }
        }
    }

    [Test]
    public void ReverseCholesky_NotPositive_Throws() =>
        Assert.That(() => DenseMath.ReverseCholesky([1, 2, 2, 1], 2), Throws.ArgumentException);

    [TestCase(ActivationRange.MinMax, 100)]
    [TestCase(ActivationRange.Percentile, 6)]
    [TestCase(ActivationRange.Entropy, 60)]
    [TestCase(ActivationRange.MeanSquaredError, 90)]
    public void Choose_OneOutlier_CoversAtMost(ActivationRange range, double most)
    {
        float[] values = [.. Runtime.Normal(100_000, 8), 100];
        StaticRange bins = new(values.Min(), values.Max());
        bins.Add(values);
        (float scale, byte zero) = bins.Choose(range);
        Assert.That(scale * (255 - zero), Is.LessThanOrEqualTo(most * 1.01).And.GreaterThan(3));
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, v => (double)v);

    private static double[] Moments(int width)
    {
        const int rows = 200;
        float[] x = Samples.Correlated(rows, width, 11);
        double[] moments = new double[width * width];
        for (int row = 0; row < rows; row++)
            for (int i = 0; i < width; i++)
                for (int j = 0; j < width; j++)
                    moments[i * width + j] += (double)x[row * width + i] * x[row * width + j] / rows;
        return moments;
    }

    private static double[] Diagonal(double[] moments, int width) => [.. Enumerable.Range(0, width).Select(k => moments[k * width + k])];

    // Mean squared change of the products.
    private static double Loss(double[] exact, double[] rounded, double[] moments, int inputs, int channels)
    {
        double loss = 0;
        for (int n = 0; n < channels; n++)
            for (int i = 0; i < inputs; i++)
                for (int j = 0; j < inputs; j++)
                    loss += (exact[i * channels + n] - rounded[i * channels + n]) * moments[i * inputs + j] * (exact[j * channels + n] - rounded[j * channels + n]);
        return loss;
    }
}
