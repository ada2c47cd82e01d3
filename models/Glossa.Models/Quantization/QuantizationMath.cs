namespace Glossa.Models.Quantization;

/// <summary>
/// The arithmetic of dynamic int8 quantization, as the ONNX operators define it. Quantizing weights uses it; for
/// activations it is the reference that ONNX Runtime is tested against.
/// </summary>
public static class QuantizationMath
{
    /// <summary>
    /// Scale and zero point that map the values' range, widened to hold 0, onto 0 to 255
    /// (ONNX DynamicQuantizeLinear). All zeros give the scale 1.
    /// </summary>
    public static (float Scale, byte ZeroPoint) Range(float min, float max)
    {
        min = MathF.Min(min, 0);
        max = MathF.Max(max, 0);
        float scale = (max - min) / 255;
        // A range below what float32 holds to full precision is nothing: quantizing it to 0 loses less than 1e-36.
        if (!float.IsNormal(scale)) return (1, 0);
        return (scale, (byte)Math.Clamp(MathF.Round(0 - min / scale), 0, 255));
    }

    /// <summary>A value's byte: round to nearest, ties to even, saturated.</summary>
    public static byte Quantize(float value, float scale, byte zeroPoint) =>
        (byte)Math.Clamp(MathF.Round(value / scale) + zeroPoint, 0, 255);

    /// <summary>ONNX DynamicQuantizeLinear: one scale and zero point for all values.</summary>
    /// <param name="values">What to quantize.</param>
    /// <param name="quantized">Receives a byte per value.</param>
    public static (float Scale, byte ZeroPoint) QuantizeActivations(ReadOnlySpan<float> values, Span<byte> quantized)
    {
        float min = 0, max = 0;
        foreach (float value in values)
        {
            min = MathF.Min(min, value);
            max = MathF.Max(max, value);
        }
        (float scale, byte zeroPoint) = Range(min, max);
        for (int i = 0; i < values.Length; i++) quantized[i] = Quantize(values[i], scale, zeroPoint);
        return (scale, zeroPoint);
    }

    /// <summary>ONNX MatMulInteger with one zero point for the left side and one per column for the right side.</summary>
    /// <param name="a">[m, k].</param>
    /// <param name="aZeroPoint">Zero point of <paramref name="a"/>.</param>
    /// <param name="b">[k, n].</param>
    /// <param name="bZeroPoints">[n].</param>
    /// <param name="product">Receives [m, n].</param>
    public static void MatMulInteger(ReadOnlySpan<byte> a, byte aZeroPoint, ReadOnlySpan<byte> b, ReadOnlySpan<byte> bZeroPoints, Span<int> product)
    {
        int n = bZeroPoints.Length;
        int k = b.Length / n;
        for (int row = 0; row < product.Length / n; row++)
        {
            Span<int> sums = product.Slice(row * n, n);
            sums.Clear();
            for (int i = 0; i < k; i++)
            {
                int left = a[row * k + i] - aZeroPoint;
                for (int column = 0; column < n; column++) sums[column] += left * (b[i * n + column] - bZeroPoints[column]);
            }
        }
    }
}
