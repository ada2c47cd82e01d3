using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Glossa.Training.Optimizers;

/// <summary>Sums of squares in float64, added in an order that neither threads nor the width of the hardware's vectors change.</summary>
internal static class SquareSum
{
    /// <summary>Sum of the squares of floats; their number is a multiple of 16. NaN and infinity carry through.</summary>
    public static double Of(ReadOnlySpan<float> values)
    {
        Vector512<double> lower = Vector512<double>.Zero, upper = Vector512<double>.Zero;
        foreach (Vector512<float> v in MemoryMarshal.Cast<float, Vector512<float>>(values))
        {
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(v);
            lower += low * low;
            upper += high * high;
        }
        return Vector512.Sum(lower + upper);
    }
}
