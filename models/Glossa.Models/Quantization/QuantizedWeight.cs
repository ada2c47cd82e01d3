namespace Glossa.Models.Quantization;

/// <summary>A matrix in uint8 with a scale and a zero point per channel: value = (byte - zero point) * scale.</summary>
/// <param name="Data">The bytes, in the matrix' own order.</param>
/// <param name="Scales">A positive scale per channel.</param>
/// <param name="ZeroPoints">A zero point per channel.</param>
/// <param name="RelativeError">Frobenius norm of the difference over that of the matrix; 0 where the matrix is all zeros.</param>
public sealed record QuantizedWeight(byte[] Data, float[] Scales, byte[] ZeroPoints, double RelativeError)
{
    /// <summary>The zero point of symmetric channels: the byte's middle.</summary>
    public const byte SymmetricZeroPoint = 128;

    /// <summary>Quantizes a matrix channel by channel.</summary>
    /// <param name="values">The matrix [rows, columns].</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="byRow">True: a channel is a row; false: a channel is a column.</param>
    /// <param name="symmetric">
    /// True: zero points are <see cref="SymmetricZeroPoint"/> and values use 1 to 255; false: a channel's range, widened to hold 0, uses 0 to 255.
    /// </param>
    /// <exception cref="ArgumentException">An element is not a finite number.</exception>
    public static QuantizedWeight Quantize(ReadOnlySpan<float> values, int columns, bool byRow, bool symmetric) => Quantize(values, columns, byRow, symmetric, halfScales: false);

    /// <summary>As <see cref="Quantize(ReadOnlySpan{float}, int, bool, bool)"/>, on request with scales that float16 holds exactly, where float16 can hold all of them.</summary>
    internal static QuantizedWeight Quantize(ReadOnlySpan<float> values, int columns, bool byRow, bool symmetric, bool halfScales)
    {
        int rows = columns == 0 ? 0 : values.Length / columns;
        int channels = byRow ? rows : columns;
        float[] scales = new float[channels];
        byte[] zeroPoints = new byte[channels];
        FindScales(values, columns, byRow, symmetric, scales, zeroPoints);
        if (halfScales && FitHalf(scales))
            for (int i = 0; i < scales.Length; i++) scales[i] = (float)(Half)scales[i];

        byte[] data = new byte[values.Length];
        double error = 0, signal = 0;
        for (int i = 0; i < values.Length; i++)
        {
            int channel = byRow ? i / columns : i % columns;
            data[i] = QuantizationMath.Quantize(values[i], scales[channel], zeroPoints[channel]);
            double lost = (double)(data[i] - zeroPoints[channel]) * scales[channel] - values[i];
            error += lost * lost;
            signal += (double)values[i] * values[i];
        }
        return new QuantizedWeight(data, scales, zeroPoints, signal == 0 ? 0 : Math.Sqrt(error / signal));
    }

    /// <summary>True where float16 holds all scales at its full precision.</summary>
    internal static bool FitHalf(float[] scales) => Array.TrueForAll(scales, s => Half.IsNormal((Half)s));

    /// <summary>The matrix as floats again.</summary>
    /// <param name="columns">Number of columns.</param>
    /// <param name="byRow">True: a channel is a row; false: a channel is a column.</param>
    public float[] Dequantize(int columns, bool byRow)
    {
        float[] values = new float[Data.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int channel = byRow ? i / columns : i % columns;
            values[i] = (Data[i] - ZeroPoints[channel]) * Scales[channel];
        }
        return values;
    }

    private static void FindScales(ReadOnlySpan<float> values, int columns, bool byRow, bool symmetric, float[] scales, byte[] zeroPoints)
    {
        float[] min = new float[scales.Length], max = new float[scales.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i])) throw new ArgumentException($"element {i} is {values[i]}");
            int channel = byRow ? i / columns : i % columns;
            min[channel] = MathF.Min(min[channel], values[i]);
            max[channel] = MathF.Max(max[channel], values[i]);
        }
        for (int channel = 0; channel < scales.Length; channel++)
        {
            if (symmetric)
            {
                float scale = MathF.Max(max[channel], -min[channel]) / 127;
                scales[channel] = float.IsNormal(scale) ? scale : 1;
                zeroPoints[channel] = SymmetricZeroPoint;
            }
            else
            {
                (scales[channel], zeroPoints[channel]) = QuantizationMath.Range(min[channel], max[channel]);
            }
        }
    }
}
