namespace Glossa.Pipeline.Study.Statistics;

/// <summary>How a curve over unique bytes is drawn through a series' means.</summary>
internal enum ScalingForm
{
    /// <summary>Two points: a line over the logarithm of the bytes.</summary>
    LogLinear = 0,

    /// <summary>Three points: a parabola over the logarithm of the bytes, through all of them.</summary>
    LogQuadratic = 1,

    /// <summary>Four points or more: a + b · bytes^-c by least squares, none of the three below 0.</summary>
    PowerLaw = 2,
}

/// <summary>Bits per byte as a function of unique bytes.</summary>
internal sealed class ScalingCurve
{
    private const double LeastExponent = 0.01, MostExponent = 4;
    private const int Exponents = 120, Refinements = 60;

    // Of the power law: a, b, c over bytes / _unit. Of the others: constant, slope, curvature over log(bytes / _unit).
    private readonly double _a, _b, _c, _unit;

    private ScalingCurve(ScalingForm form, double a, double b, double c, double unit) => (Form, _a, _b, _c, _unit) = (form, a, b, c, unit);

    /// <summary>The form.</summary>
    public ScalingForm Form { get; }

    /// <summary>Draws the curve.</summary>
    /// <param name="points">Unique bytes, all different, with bits per byte; two at least.</param>
    public static ScalingCurve Fit(IReadOnlyList<(double Bytes, double Bits)> points)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points.Count, 2);
        double unit = Math.Exp(points.Average(point => Math.Log(point.Bytes)));
        double[] x = [.. points.Select(point => Math.Log(point.Bytes / unit))], y = [.. points.Select(point => point.Bits)];
        return points.Count switch
        {
            2 => Line(x, y, unit),
            3 => Parabola(x, y, unit),
            _ => Power(x, y, unit),
        };
    }

    /// <summary>Bits per byte at a number of unique bytes.</summary>
    public double At(double bytes)
    {
        double u = Math.Log(bytes / _unit);
        return Form == ScalingForm.PowerLaw ? _a + (_b * Math.Exp(-_c * u)) : _a + (_b * u) + (_c * u * u);
    }

    /// <summary>
    /// The unique bytes at which the falling curve reaches so many bits per byte: infinity where it never does, 0 where
    /// it is below everywhere.
    /// </summary>
    public double BytesFor(double bits)
    {
        if (Form == ScalingForm.PowerLaw)
        {
            // A flat curve is either below already or never gets there.
            if (_b <= 0) return bits >= _a ? 0 : double.PositiveInfinity;
            return bits <= _a ? double.PositiveInfinity : _unit * Math.Pow((bits - _a) / _b, -1 / _c);
        }
        if (Math.Abs(_c) < 1e-12) return _b < 0 ? _unit * Math.Exp((bits - _a) / _b) : _a <= bits ? 0 : double.PositiveInfinity;
        double discriminant = (_b * _b) - (4 * _c * (_a - bits));
        if (discriminant < 0) return _c > 0 ? double.PositiveInfinity : 0;
        // Of the two crossings the one where the parabola falls.
        return _unit * Math.Exp((-_b - Math.Sqrt(discriminant)) / (2 * _c));
    }

    private static ScalingCurve Line(double[] x, double[] y, double unit)
    {
        double slope = (y[1] - y[0]) / (x[1] - x[0]);
        return new ScalingCurve(ScalingForm.LogLinear, y[0] - (slope * x[0]), slope, 0, unit);
    }

    private static ScalingCurve Parabola(double[] x, double[] y, double unit)
    {
        double first = (y[1] - y[0]) / (x[1] - x[0]), second = (y[2] - y[1]) / (x[2] - x[1]);
        double c = (second - first) / (x[2] - x[0]);
        double b = first - (c * (x[0] + x[1]));
        return new ScalingCurve(ScalingForm.LogQuadratic, y[0] - (b * x[0]) - (c * x[0] * x[0]), b, c, unit);
    }

    // For each exponent the best a and b are a line's; the exponent itself is searched, coarsely and then finely.
    private static ScalingCurve Power(double[] x, double[] y, double unit)
    {
        double step = Math.Pow(MostExponent / LeastExponent, 1.0 / (Exponents - 1));
        double best = Enumerable.Range(0, Exponents).Select(i => LeastExponent * Math.Pow(step, i)).MinBy(c => Residual(x, y, c, out _, out _));
        (double low, double high) = (Math.Max(LeastExponent, best / step), Math.Min(MostExponent, best * step));
        for (int i = 0; i < Refinements; i++)
        {
            double left = low + (0.382 * (high - low)), right = low + (0.618 * (high - low));
            if (Residual(x, y, left, out _, out _) < Residual(x, y, right, out _, out _)) high = right;
            else low = left;
        }
        double exponent = (low + high) / 2;
        Residual(x, y, exponent, out double a, out double b);
        return new ScalingCurve(ScalingForm.PowerLaw, a, b, exponent, unit);
    }

    private static double Residual(double[] x, double[] y, double c, out double a, out double b)
    {
        double n = x.Length, sumZ = 0, sumY = 0, sumZz = 0, sumZy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double z = Math.Exp(-c * x[i]);
            (sumZ, sumY, sumZz, sumZy) = (sumZ + z, sumY + y[i], sumZz + (z * z), sumZy + (z * y[i]));
        }
        b = ((n * sumZy) - (sumZ * sumY)) / ((n * sumZz) - (sumZ * sumZ));
        a = (sumY - (b * sumZ)) / n;
        if (a < 0) (a, b) = (0, sumZy / sumZz);
        if (b < 0) (a, b) = (sumY / n, 0);
        double residual = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double off = a + (b * Math.Exp(-c * x[i])) - y[i];
            residual += off * off;
        }
        return residual;
    }
}
