namespace Glossa.Models.Quantization;

/// <summary>
/// Chooses what an activation is divided by, channel by channel, before it is rounded with one scale; the weights behind it are multiplied by the same factors.
/// </summary>
internal static class Smoothing
{
    /// <summary>Parts of the activations' ranges that the factors take up: 0 leaves them as they are, 1 makes all channels equal.</summary>
    private static readonly double[] Strengths = [0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

    /// <summary>Part of the weights' squared error that compensation leaves, as measured on encoders.</summary>
    private const double LeftByCompensation = 0.3;

    /// <summary>The factors of least expected error, or null where none are better than none.</summary>
    /// <param name="activation">What calibration saw.</param>
    /// <param name="weights">The matrices behind it, [width, channels] each.</param>
    /// <param name="compensated">True where the weights are rounded with compensation, which leaves a part of the error.</param>
    public static double[]? Factors(ActivationStatistics activation, IReadOnlyList<double[]> weights, bool compensated)
    {
        double[] ranges = new double[activation.Width], largest = new double[activation.Width];
        for (int k = 0; k < ranges.Length; k++)
        {
            ranges[k] = activation.TypicalRange[k];
            foreach (double[] weight in weights)
                foreach (double value in weight.AsSpan(k * (weight.Length / ranges.Length), weight.Length / ranges.Length)) largest[k] = Math.Max(largest[k], Math.Abs(value));
        }
        double[]? best = null;
        double least = double.PositiveInfinity;
        foreach (double strength in Strengths)
        {
            double[] factors = FactorsAt(strength, ranges, largest);
            double error = ExpectedError(activation, weights, factors, compensated ? LeftByCompensation : 1);
            if (error < least) (best, least) = (strength == 0 ? null : factors, error);
        }
        return best;
    }

    /// <summary>
    /// Variance of the rounding of an activation that is divided by <paramref name="factors"/>, with one scale for all of it. Ranges are those of a typical
    /// sample: a run's own range decides, and a channel's largest value of all samples occurs in few of them.
    /// </summary>
    public static double RoundingVariance(ActivationStatistics activation, ReadOnlySpan<double> factors)
    {
        double smallest = 0, largest = 0;
        for (int k = 0; k < activation.Width; k++)
        {
            double peak = Math.Max(activation.Largest[k], -activation.Smallest[k]);
            if (peak == 0) continue;
            double factor = (factors.IsEmpty ? 1 : factors[k]) * peak / activation.TypicalRange[k];
            (smallest, largest) = (Math.Min(smallest, activation.Smallest[k] / factor), Math.Max(largest, activation.Largest[k] / factor));
        }
        double scale = (largest - smallest) / 255;
        return scale * scale / 12;
    }

    private static double[] FactorsAt(double strength, double[] ranges, double[] largest)
    {
        double[] factors = new double[ranges.Length];
        double logs = 0;
        int count = 0;
        for (int k = 0; k < factors.Length; k++)
        {
            factors[k] = ranges[k] > 0 && largest[k] > 0 ? Math.Pow(ranges[k], strength) / Math.Pow(largest[k], 1 - strength) : 0;
            if (strength == 0) factors[k] = 1;
            if (factors[k] == 0) continue;
            logs += Math.Log(factors[k]);
            count++;
        }
        // Around 1 on average; channels that carry nothing stay as they are.
        double mean = count == 0 ? 1 : Math.Exp(logs / count);
        for (int k = 0; k < factors.Length; k++) factors[k] = factors[k] == 0 ? 1 : Math.Clamp(factors[k] / mean, 1e-3, 1e3);
        return factors;
    }

    // Rounding errors are taken as uniform and independent: those of the activations, times the weights, and those of the weights, times the activations.
    private static double ExpectedError(ActivationStatistics activation, IReadOnlyList<double[]> weights, double[] factors, double weightShare)
    {
        double variance = RoundingVariance(activation, factors), signal = 0, error = 0;
        double[] squares = activation.MeanSquares();
        for (int k = 0; k < factors.Length; k++) signal += squares[k] / (factors[k] * factors[k]);
        foreach (double[] weight in weights)
        {
            int channels = weight.Length / factors.Length;
            double[] peaks = new double[channels];
            for (int k = 0; k < factors.Length; k++)
            {
                for (int n = 0; n < channels; n++)
                {
                    double value = Math.Abs(weight[k * channels + n] * factors[k]);
                    error += variance * value * value;
                    peaks[n] = Math.Max(peaks[n], value);
                }
            }
            foreach (double peak in peaks) error += weightShare * signal * (peak / ChannelGrid.Largest) * (peak / ChannelGrid.Largest) / 12;
        }
        return error;
    }
}
