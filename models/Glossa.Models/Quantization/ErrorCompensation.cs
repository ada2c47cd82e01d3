namespace Glossa.Models.Quantization;

/// <summary>
/// Rounds a matrix so that its product with typical activations changes least: inputs are rounded in the order of their size, and the inputs still to come
/// take up what each rounding lost, as far as they are correlated with it (Frantar et al. 2023, GPTQ).
/// </summary>
internal static class ErrorCompensation
{
    /// <summary>Part of the mean square of the inputs that is added to each one's, so that the system stays well conditioned.</summary>
    public const double Damping = 0.01;

    /// <summary>Rounds every element to nearest.</summary>
    public static double[] RoundToNearest(ReadOnlySpan<double> weights, RoundingGrid grid)
    {
        double[] rounded = new double[weights.Length];
        for (int k = 0; k < grid.Inputs; k++)
            grid.Round(k, weights.Slice(k * grid.Channels, grid.Channels), rounded.AsSpan(k * grid.Channels, grid.Channels));
        return rounded;
    }

    /// <summary>Rounds with compensation.</summary>
    /// <param name="weights">[inputs, channels].</param>
    /// <param name="moments">[inputs, inputs]: mean products of the activations.</param>
    /// <param name="noise">Variance of what rounding the activations adds to each of them.</param>
    /// <param name="grid">Takes the codes.</param>
    /// <returns>What the codes stand for.</returns>
    public static double[] Round(ReadOnlySpan<double> weights, ReadOnlySpan<double> moments, double noise, RoundingGrid grid)
    {
        int inputs = grid.Inputs, channels = grid.Channels;
        int[] order = OrderOf(moments, inputs);
        double[] factor = CompensationFactor(Ordered(moments, order, noise), inputs);
        double[] left = new double[weights.Length], rounded = new double[weights.Length], lost = new double[channels];
        for (int k = 0; k < inputs; k++) weights.Slice(order[k] * channels, channels).CopyTo(left.AsSpan(k * channels));
        for (int k = 0; k < inputs; k++)
        {
            Span<double> row = left.AsSpan(k * channels, channels), result = rounded.AsSpan(order[k] * channels, channels);
            grid.Round(order[k], row, result);
            for (int n = 0; n < channels; n++) lost[n] = (row[n] - result[n]) / factor[k * inputs + k];
            for (int j = k + 1; j < inputs; j++) DenseMath.AddScaled(left.AsSpan(j * channels, channels), -factor[j * inputs + k], lost);
        }
        return rounded;
    }

    private static int[] OrderOf(ReadOnlySpan<double> moments, int inputs)
    {
        double[] size = new double[inputs];
        for (int k = 0; k < inputs; k++) size[k] = -moments[k * inputs + k];
        int[] order = [.. Enumerable.Range(0, inputs)];
        // Equal sizes (unused inputs) keep their order: the same calibration gives the same codes.
        return [.. order.OrderBy(k => size[k]).ThenBy(k => k)];
    }

    private static double[] Ordered(ReadOnlySpan<double> moments, int[] order, double noise)
    {
        int inputs = order.Length;
        double trace = 0;
        for (int k = 0; k < inputs; k++) trace += moments[k * inputs + k];
        double added = noise + (trace > 0 ? Damping * trace / inputs : 1);
        double[] ordered = new double[inputs * inputs];
        for (int i = 0; i < inputs; i++)
        {
            for (int j = 0; j < inputs; j++) ordered[i * inputs + j] = moments[order[i] * inputs + order[j]];
            ordered[i * inputs + i] += added;
        }
        return ordered;
    }

    // With H = R R^T (R upper triangular) the inverse is U^T U with U = R^-1; what is returned is U^T, lower triangular: column k holds what later inputs take up of input k.
    private static double[] CompensationFactor(double[] moments, int inputs) => DenseMath.InvertLower(DenseMath.ReverseCholesky(moments, inputs), inputs);
}
