using System.Globalization;

namespace Glossa.Pipeline.Report.Drawing;

/// <summary>Maps values to the unit interval and chooses round numbers for its ticks.</summary>
internal sealed class Axis
{
    private static readonly double[][] Mantissas = [[1], [1, 3], [1, 2, 5], [1, 2, 3, 5, 7], [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8]];

    private readonly double _from;
    private readonly double _to;
    private readonly bool _logarithmic;

    private Axis(double from, double to, bool logarithmic, IReadOnlyList<double> ticks)
    {
        (_from, _to, _logarithmic, Ticks) = (from, to, logarithmic, ticks);
    }

    /// <summary>Values to mark, rising, all within the axis.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>A linear axis that reaches from the round number at or below <paramref name="min"/> to the one at or above <paramref name="max"/>.</summary>
    public static Axis Linear(double min, double max, int ticks)
    {
        (min, max) = Widen(min, max);
        double step = RoundStep((max - min) / ticks);
        double from = Math.Floor(min / step + 1e-9) * step;
        double to = Math.Ceiling(max / step - 1e-9) * step;
        return new(from, to, logarithmic: false, [.. Multiples(from, to, step)]);
    }

    /// <summary>A linear axis with exactly these ends.</summary>
    public static Axis LinearBetween(double min, double max, int ticks)
    {
        (min, max) = Widen(min, max);
        return new(min, max, logarithmic: false, [.. Multiples(min, max, RoundStep((max - min) / ticks))]);
    }

    /// <summary>A logarithmic axis with a little room at both ends; both values are above 0.</summary>
    public static Axis Logarithmic(double min, double max, int ticks)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(min);
        if (max <= min * 1.02) (min, max) = (min / 1.1, max * 1.1);
        double room = Math.Pow(max / min, 0.04);
        (min, max) = (min / room, max * room);
        return new(min, max, logarithmic: true, LogarithmicTicks(min, max, ticks));
    }

    /// <summary>Where <paramref name="value"/> stands: 0 at the start, 1 at the end; values beyond the ends are put there.</summary>
    public double Position(double value)
    {
        double share = _logarithmic
            ? Math.Log(Math.Max(value, double.Epsilon) / _from) / Math.Log(_to / _from)
            : (value - _from) / (_to - _from);
        return Math.Clamp(share, 0, 1);
    }

    /// <summary>A tick in as few characters as tell it from its neighbours.</summary>
    public string Label(double tick)
    {
        double largest = Math.Max(Math.Abs(Ticks[0]), Math.Abs(Ticks[^1]));
        (double unit, string suffix) = _logarithmic ? UnitOf(Math.Abs(tick)) : UnitOf(largest);
        string text = (tick / unit).ToString("0.####", CultureInfo.InvariantCulture);
        return text is "0" or "-0" ? "0" : text + suffix;
    }

    private static (double Unit, string Suffix) UnitOf(double value) => value switch
    {
        >= 1e9 => (1e9, "G"),
        >= 1e6 => (1e6, "M"),
        >= 1e3 => (1e3, "k"),
        _ => (1, ""),
    };

    private static (double Min, double Max) Widen(double min, double max)
    {
        if (max - min > 1e-9 * Math.Max(Math.Abs(min), Math.Abs(max))) return (min, max);
        double half = min == 0 ? 0.5 : Math.Abs(min) * 0.1;
        return (min - half, max + half);
    }

    private static double RoundStep(double step)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        double mantissa = step / power;
        return power * (mantissa <= 1 + 1e-9 ? 1 : mantissa <= 2 + 1e-9 ? 2 : mantissa <= 5 + 1e-9 ? 5 : 10);
    }

    private static IEnumerable<double> Multiples(double from, double to, double step)
    {
        // Counting in whole numbers keeps 3 * 0.1 from drifting; rounding to the step's digits gives the double nearest to the label.
        int digits = Math.Clamp(1 - (int)Math.Floor(Math.Log10(step)), 0, 15);
        long last = (long)Math.Floor(to / step + 1e-9);
        for (long i = (long)Math.Ceiling(from / step - 1e-9); i <= last; i++) yield return Math.Round(i * step, digits);
    }

    private static List<double> LogarithmicTicks(double min, double max, int wanted)
    {
        List<double> best = [];
        foreach (double[] mantissas in Mantissas)
        {
            List<double> ticks = [];
            for (int power = (int)Math.Floor(Math.Log10(min)); power <= Math.Log10(max); power++)
                ticks.AddRange(mantissas.Select(m => m * Math.Pow(10, power)).Where(t => t >= min && t <= max));
            if (best.Count > 1 && ticks.Count > wanted) break;
            best = ticks;
        }
        // Rounding makes a step at most 2.5 times as long, so that asking for five steps leaves two ticks at least.
        return best.Count >= 2 ? best : [.. Multiples(min, max, RoundStep((max - min) / Math.Max(5, wanted / 2)))];
    }
}
