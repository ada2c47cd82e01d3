using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Glossa.Pipeline.Evaluate;

/// <summary>
/// Surprise of a token under logits. The work is laid out in 16 lanes whatever the processor's registers hold, so the
/// order of the sums, and with it the result, is the same on all of them.
/// </summary>
internal static class LogSoftmax
{
    /// <summary>Minus the base-2 logarithm of the softmax of <paramref name="logits"/> at <paramref name="target"/>.</summary>
    public static double Bits(ReadOnlySpan<float> logits, int target)
    {
        float max = Max(logits);
        return (Math.Log(SumOfExponentials(logits, max)) + max - logits[target]) * (1 / Math.Log(2));
    }

    private static float Max(ReadOnlySpan<float> values)
    {
        float max = float.NegativeInfinity;
        int i = 0;
        if (values.Length >= Vector512<float>.Count)
        {
            ref float first = ref MemoryMarshal.GetReference(values);
            Vector512<float> lanes = Vector512.LoadUnsafe(ref first);
            for (i = Vector512<float>.Count; i <= values.Length - Vector512<float>.Count; i += Vector512<float>.Count)
                lanes = Vector512.Max(lanes, Vector512.LoadUnsafe(ref first, (nuint)i));
            for (int lane = 0; lane < Vector512<float>.Count; lane++) max = MathF.Max(max, lanes[lane]);
        }
        for (; i < values.Length; i++) max = MathF.Max(max, values[i]);
        return max;
    }

    private static double SumOfExponentials(ReadOnlySpan<float> values, float max)
    {
        ref float first = ref MemoryMarshal.GetReference(values);
        Vector512<float> shift = Vector512.Create(max);
        Vector512<double> low = Vector512<double>.Zero, high = Vector512<double>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Vector512<float> e = Vector512.Exp(Vector512.LoadUnsafe(ref first, (nuint)i) - shift);
            (Vector512<double> a, Vector512<double> b) = Vector512.Widen(e);
            low += a;
            high += b;
        }
        double sum = Vector512.Sum(low + high);
        for (; i < values.Length; i++) sum += Math.Exp((double)values[i] - max);
        return sum;
    }
}
