using System.Numerics.Tensors;

namespace Glossa.Training.Verification;

/// <summary>A derivative by central differences.</summary>
/// <param name="Value">The derivative, extrapolated from two step lengths (Richardson).</param>
/// <param name="Uncertainty">What rounding of the losses and the step length leave open.</param>
internal readonly record struct Slope(double Value, double Uncertainty);

/// <summary>Central differences of a step's loss through ONNX Runtime, in float32.</summary>
internal sealed class FiniteDifferences
{
    /// <summary>How often the rounding of the loss is sampled.</summary>
    private const int Samples = 8;

    private const double UnitInTheLastPlace = 1.2e-7;

    /// <summary>A change of the weights that moves the loss by less than its rounding.</summary>
    private const float Touch = 1e-6f;

    /// <summary>The wanted change of the loss, relative to it: far above its rounding, small enough for the loss to be nearly straight.</summary>
    private const double WantedChange = 2e-3;

    private readonly StepRunner _runner;
    private readonly IReadOnlyList<FeedTensor> _feeds;
    private readonly double _loss;
    private readonly double _rounding;

    /// <summary>Measures the loss and how far rounding moves it: by second differences so narrow that nothing else shows.</summary>
    public FiniteDifferences(StepRunner runner, IReadOnlyList<FeedTensor> feeds)
    {
        (_runner, _feeds) = (runner, feeds);
        _loss = runner.Loss(feeds);
        float[] kept = runner.Parameters.Span.ToArray();
        SeededRandom random = new(2);
        for (int sample = 0; sample < Samples; sample++)
        {
            float[] direction = Array.ConvertAll(kept, value => random.NextInt32(2) == 0 ? value : -value);
            _rounding = Math.Max(_rounding, Math.Abs(LossAt(0, kept, direction, Touch) + LossAt(0, kept, direction, -Touch) - (2 * _loss)));
        }
        kept.CopyTo(runner.Parameters.Span);
        _rounding = Math.Max(_rounding, Math.Abs(_loss) * UnitInTheLastPlace);
    }

    /// <summary>The derivative of the loss along a direction of length 1.</summary>
    /// <param name="offset">The first parameter that the direction moves, in the layout.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="expected">The derivative that is expected: it decides the step length.</param>
    /// <param name="longest">The longest step.</param>
    public Slope Along(int offset, float[] direction, double expected, double longest)
    {
        double scale = Math.Max(Math.Abs(_loss), 0.1);
        double step = Math.Min(longest, WantedChange * scale / Math.Max(2 * Math.Abs(expected), 1e-12));
        float[] kept = _runner.Parameters.Span.Slice(offset, direction.Length).ToArray();
        double wide = Central(offset, kept, direction, step), narrow = Central(offset, kept, direction, step / 2);
        kept.CopyTo(_runner.Parameters.Span[offset..]);
        return new Slope(((4 * narrow) - wide) / 3, Math.Abs(narrow - wide) + (2 * _rounding / step));
    }

    /// <summary>The norm of a span, in double.</summary>
    public static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values) sum += (double)value * value;
        return Math.Sqrt(sum);
    }

    private double Central(int offset, float[] kept, float[] direction, double step) =>
        (LossAt(offset, kept, direction, step) - LossAt(offset, kept, direction, -step)) / (2 * step);

    private double LossAt(int offset, float[] kept, float[] direction, double step)
    {
        TensorPrimitives.MultiplyAdd(direction, (float)step, kept, _runner.Parameters.Span.Slice(offset, direction.Length));
        return _runner.Loss(_feeds);
    }
}
