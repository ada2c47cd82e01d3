namespace Glossa.Models.Quantization;

/// <summary>Collects the values of one activation in bins and chooses the range that its 256 codes cover.</summary>
internal sealed class StaticRange(float smallest, float largest)
{
    private const int Bins = 4096, Codes = 256, Steps = 64;
    private const double Outermost = 1e-4;
    private readonly double[] _counts = new double[Bins];
    private readonly double _low = Math.Min(smallest, 0), _width = Math.Max(Math.Max(largest, 0) - Math.Min(smallest, 0), 1e-30) / Bins;

    public void Add(ReadOnlySpan<float> values)
    {
        foreach (float value in values) _counts[Math.Clamp((int)((value - _low) / _width), 0, Bins - 1)]++;
    }

    /// <summary>The range's scale and zero point.</summary>
    public (float Scale, byte ZeroPoint) Choose(ActivationRange range)
    {
        (int first, int end) = range switch
        {
            ActivationRange.MinMax => (0, Bins),
            ActivationRange.Percentile => Percentile(),
            ActivationRange.Entropy => Least(Divergence),
            _ => Least(SquaredError),
        };
        return QuantizationMath.Range((float)(_low + first * _width), (float)(_low + end * _width));
    }

    private (int First, int End) Percentile()
    {
        double cut = _counts.Sum() * Outermost, below = 0, above = 0;
        int first = 0, end = Bins;
        while (first < Bins && (below += _counts[first]) <= cut) first++;
        while (end > first + 1 && (above += _counts[end - 1]) <= cut) end--;
        return (first, end);
    }

    // The ends move in turn, as long as moving one helps: a range over two numbers would be searched in a square of steps.
    private (int First, int End) Least(Func<int, int, double> loss)
    {
        int zero = (int)Math.Clamp(-_low / _width, 0, Bins), first = 0, end = Bins;
        for (int round = 0; round < 2; round++)
        {
            int fixedEnd = end;
            first = Enumerable.Range(0, Steps).Select(s => (int)((long)zero * s / Steps)).Where(f => f < fixedEnd - 1).DefaultIfEmpty(0).MinBy(f => loss(f, fixedEnd));
            int fixedFirst = first;
            end = Enumerable.Range(0, Steps).Select(s => Bins - (int)((long)(Bins - zero) * s / Steps)).Where(e => e > fixedFirst + 1).DefaultIfEmpty(Bins).MinBy(e => loss(fixedFirst, e));
        }
        return (first, end);
    }

    private double SquaredError(int first, int end)
    {
        double scale = (end - first) * _width / (Codes - 1), inside = scale * scale / 12, error = 0;
        double low = _low + first * _width, high = _low + end * _width;
        for (int i = 0; i < Bins; i++)
        {
            if (_counts[i] == 0) continue;
            double value = _low + (i + 0.5) * _width, lost = value < low ? low - value : value > high ? value - high : 0;
            error += _counts[i] * (lost == 0 ? inside : lost * lost);
        }
        return error;
    }

    // Values outside count at the range's ends; within a code's share of the bins, the values that occur are taken as equally frequent.
    private double Divergence(int first, int end)
    {
        double[] clipped = _counts[first..end];
        for (int i = 0; i < first; i++) clipped[0] += _counts[i];
        for (int i = end; i < Bins; i++) clipped[^1] += _counts[i];
        double total = clipped.Sum(), divergence = 0;
        if (total == 0) return 0;
        for (int code = 0; code < Codes; code++)
        {
            int from = (int)((long)clipped.Length * code / Codes), to = (int)((long)clipped.Length * (code + 1) / Codes);
            double mass = 0;
            int occupied = 0;
            for (int i = from; i < to; i++)
            {
                mass += _counts[first + i];
                if (_counts[first + i] > 0) occupied++;
            }
            for (int i = from; i < to; i++)
                if (clipped[i] > 0)
                    divergence += clipped[i] / total * Math.Log(clipped[i] / Math.Max(occupied == 0 ? 0 : mass / occupied, total * 1e-9));
        }
        return divergence;
    }
}
