namespace Glossa.Benchmarks;

/// <summary>Figures over repetitions.</summary>
internal static class Statistics
{
    public static double Median(this IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Floating-point operations of the matrix products of a training step: forward, and twice as many backward.</summary>
    public static double StepFlops(int tokens, int layers, int width, int feedForward, int headColumns, int sequence) =>
        6.0 * tokens * (layers * ((4.0 * width * width) + (2.0 * width * feedForward)) + ((double)headColumns * width) + (2.0 * layers * sequence * width));
}
