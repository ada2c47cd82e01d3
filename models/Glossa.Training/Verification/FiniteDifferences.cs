using System.Numerics.Tensors;
using Glossa.Training.Parameters;

namespace Glossa.Training.Verification;

/// <summary>A derivative by central differences.</summary>
/// <param name="Value">The derivative, extrapolated from two step lengths (Richardson).</param>
/// <param name="Uncertainty">What rounding of the losses and the step length leave open.</param>
internal readonly record struct Slope(double Value, double Uncertainty);

/// <summary>Central differences of a step's loss through ONNX Runtime, in float32.</summary>
internal sealed class FiniteDifferences(StepRunner runner, IReadOnlyList<FeedTensor> feeds, double loss)
{
    /// <summary>Losses are sums of many float32 terms: a few units in the last place.</summary>
    private const double LossPrecision = 4 * 5.96e-8;

    /// <summary>The wanted change of the loss, relative to it: far above its rounding, small enough for the loss to be nearly straight.</summary>
    private const double WantedChange = 2e-3;

    /// <summary>The derivative of the loss along a direction (same layout as the parameters, length 1), whose expected size decides the step length.</summary>
    public Slope Along(float[] direction, double expected, double longest)
    {
        double scale = Math.Max(Math.Abs(loss), 0.1);
        double step = Math.Min(longest, WantedChange * scale / Math.Max(2 * Math.Abs(expected), 1e-12));
        double wide = Central(direction, step), narrow = Central(direction, step / 2);
        return new Slope(((4 * narrow) - wide) / 3, Math.Abs(narrow - wide) + (LossPrecision * scale * 2 / step));
    }

    /// <summary>The norm of a span, in double.</summary>
    public static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values) sum += (double)value * value;
        return Math.Sqrt(sum);
    }

    private double Central(float[] direction, double step)
    {
        float[] kept = runner.Parameters.Span.ToArray();
        double up = Loss(kept, direction, step), down = Loss(kept, direction, -step);
        kept.AsSpan().CopyTo(runner.Parameters.Span);
        return (up - down) / (2 * step);
    }

    private double Loss(float[] start, float[] direction, double step)
    {
        Span<float> parameters = runner.Parameters.Span;
        TensorPrimitives.MultiplyAdd(direction, (float)step, start, parameters);
        return runner.Run(feeds);
    }
}
