using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Glossa.Training.Kernels.Rows;

/// <summary>
/// The exponential, within about two units in the last place, and what GELU and SiLU are made of. (TensorPrimitives computes the exponential in double precision, at half the speed, and has no error function.) The
/// polynomials are least-squares fits at Chebyshev nodes.
/// </summary>
internal static unsafe class VectorFunctions
{
    // Beyond these, the exponential is zero and infinite.
    private const float Least = -87.3365f, Most = 88.72283f;
    private const float InverseLogTwo = 1.44269504f, LogTwoHigh = 0.693359375f, LogTwoLow = -2.12194440e-4f;

    private const float SqrtHalf = 0.70710678f, InverseSqrtTwoPi = 0.39894228f;

    /// <summary>e to the power of every element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Exp(float* x, float* y, nint count)
    {
        nint i = 0;
        for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count) Exp(Vector256.Load(x + i)).Store(y + i);
        for (; i < count; i++) y[i] = Exp(Vector256.CreateScalar(x[i])).ToScalar();
    }

    /// <summary>e to the power of every element less <paramref name="shift"/>; gives the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float ExpSum(float* x, float* y, nint count, float shift)
    {
        nint i = 0;
        Vector256<float> by = Vector256.Create(shift), even = default, odd = default;
        for (; i + (2 * Vector256<float>.Count) <= count; i += 2 * Vector256<float>.Count)
        {
            Vector256<float> first = Exp(Vector256.Load(x + i) - by), second = Exp(Vector256.Load(x + i + Vector256<float>.Count) - by);
            first.Store(y + i);
            second.Store(y + i + Vector256<float>.Count);
            even += first;
            odd += second;
        }
        float sum = Vector256.Sum(even + odd);
        for (; i < count; i++) sum += y[i] = Exp(Vector256.CreateScalar(x[i] - shift)).ToScalar();
        return sum;
    }

    /// <summary>x Phi(x) of every element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gelu(float* x, float* y, nint count)
    {
        nint i = 0;
        for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count) Gelu(Vector256.Load(x + i)).Store(y + i);
        for (; i < count; i++) y[i] = Gelu(Vector256.CreateScalar(x[i])).ToScalar();
    }

    /// <summary>The derivative of x Phi(x) at every element, Phi(x) + x phi(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GeluSlope(float* x, float* y, nint count)
    {
        nint i = 0;
        for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count) GeluSlope(Vector256.Load(x + i)).Store(y + i);
        for (; i < count; i++) y[i] = GeluSlope(Vector256.CreateScalar(x[i])).ToScalar();
    }

    /// <summary>1 / (1 + e to the power of -x) of every element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sigmoid(float* x, float* y, nint count)
    {
        nint i = 0;
        for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count) Sigmoid(Vector256.Load(x + i)).Store(y + i);
        for (; i < count; i++) y[i] = Sigmoid(Vector256.CreateScalar(x[i])).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Gelu(Vector256<float> x) => x * Normal(x).Distribution;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> GeluSlope(Vector256<float> x)
    {
        (Vector256<float> distribution, Vector256<float> bell) = Normal(x);
        return Vector256.FusedMultiplyAdd(x * Vector256.Create(InverseSqrtTwoPi), bell, distribution);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Exp(Vector256<float> x)
    {
        // x = n ln 2 + r; 2^n in two factors, since the largest n is no exponent of its own.
        Vector256<float> clipped = Vector256.Min(Vector256.Max(x, Vector256.Create(Least)), Vector256.Create(Most));
        Vector256<float> n = Vector256.Round(clipped * Vector256.Create(InverseLogTwo));
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-LogTwoHigh), clipped);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-LogTwoLow), r);
        Vector256<float> p = Vector256.Create(1.394858118e-3f);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(8.375128731e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(4.166621715e-2f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.666641533e-1f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(0.5f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        Vector256<int> exponent = Vector256.ConvertToInt32(n), half = exponent >> 1;
        Vector256<float> result = p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
        result = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(Least)), Vector256<float>.Zero, result);
        return Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256.Create(Most)), Vector256.Create(float.PositiveInfinity), result);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> PowerOfTwo(Vector256<int> exponent) => ((exponent + Vector256.Create(127)) << 23).AsSingle();

    /// <summary>
    /// The normal distribution's Phi(x), absolutely within about one unit in the last place of 1, and e to the power of -x^2 / 2. With u = |x| / sqrt 2 and t = 2 / (2 + u), Phi(-|x|) is that exponential times t P(t): the form of Hastings,
    /// "Approximations for digital computers", 1955.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Distribution, Vector256<float> Bell) Normal(Vector256<float> x)
    {
        Vector256<float> u = Vector256.Abs(x) * Vector256.Create(SqrtHalf), two = Vector256.Create(2f);
        Vector256<float> bell = Exp(-u * u), t = two / (two + u);
        Vector256<float> p = Vector256.Create(-1.162884198e-2f);
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(1.001947820e-1f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(-2.903007865e-1f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(3.141417205e-1f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(-5.467374250e-2f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(1.668572128e-1f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(1.338615566e-1f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(1.415481270e-1f));
        Vector256<float> tail = bell * (t * p);
        return (Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<float>.Zero), tail, Vector256<float>.One - tail), bell);
    }
}
