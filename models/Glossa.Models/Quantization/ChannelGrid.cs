namespace Glossa.Models.Quantization;

/// <summary>
/// int8 with one scale per channel and no zero point. x86 processors without VNNI add products of unsigned activations and signed weights in pairs, in
/// 16 bits that saturate: 255 * (|a| + |b|) has to stay below 32,768 for the codes a, b of inputs 2i and 2i + 1. Codes whose magnitudes add up to at most 128
/// never saturate; that costs a fifth of the range where halving each code would cost half of it.
/// </summary>
internal sealed class ChannelGrid : RoundingGrid
{
    public const int Largest = 127, LargestPair = 128;
    private static readonly double[] Shrinkings = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7];
    private readonly bool[] _done;

    /// <param name="weights">[inputs, channels].</param>
    /// <param name="inputs">Rows.</param>
    /// <param name="channels">Columns.</param>
    /// <param name="importance">Mean square of each input, the weight of its squared error.</param>
    /// <param name="search">Search the scale; else the largest weight sets it.</param>
    public ChannelGrid(ReadOnlySpan<double> weights, int inputs, int channels, ReadOnlySpan<double> importance, bool search)
        : base(inputs, channels)
    {
        _done = new bool[inputs];
        Scales = new float[channels];
        double[] column = new double[inputs];
        for (int n = 0; n < channels; n++)
        {
            for (int k = 0; k < inputs; k++) column[k] = weights[k * channels + n];
            Scales[n] = FindScale(column, importance, search);
        }
    }

    /// <summary>A positive scale per channel.</summary>
    public float[] Scales { get; }

    public override void Round(int input, ReadOnlySpan<double> row, Span<double> rounded)
    {
        int partner = input ^ 1;
        bool bound = partner < Inputs && _done[partner];
        for (int n = 0; n < row.Length; n++)
        {
            int limit = bound ? Math.Min(Largest, LargestPair - Math.Abs((sbyte)Codes[partner * Channels + n])) : Largest;
            int code = Code(row[n], Scales[n], limit);
            Codes[input * Channels + n] = (byte)(sbyte)code;
            rounded[n] = code * (double)Scales[n];
        }
        _done[input] = true;
    }

    private static int Code(double value, double scale, int limit) => (int)Math.Clamp(Math.Round(value / scale), -limit, limit);

    private static float FindScale(double[] column, ReadOnlySpan<double> importance, bool search)
    {
        double full = 0;
        for (int k = 0; k < column.Length; k += 2)
        {
            double first = Math.Abs(column[k]), second = k + 1 < column.Length ? Math.Abs(column[k + 1]) : 0;
            full = Math.Max(full, Math.Max(Math.Max(first, second) / Largest, (first + second) / LargestPair));
        }
        if (!float.IsNormal((float)full)) return 1;
        double best = full, least = double.PositiveInfinity;
        foreach (double shrinking in search ? Shrinkings : [1])
        {
            double error = Error(column, importance, full * shrinking);
            if (error < least) (best, least) = (full * shrinking, error);
        }
        return float.IsNormal((float)best) ? (float)best : (float)full;
    }

    private static double Error(double[] column, ReadOnlySpan<double> importance, double scale)
    {
        double error = 0;
        for (int k = 0; k < column.Length; k += 2)
        {
            int first = Code(column[k], scale, Largest);
            double lost = first * scale - column[k];
            error += lost * lost * importance[k];
            if (k + 1 == column.Length) break;
            lost = Code(column[k + 1], scale, Math.Min(Largest, LargestPair - Math.Abs(first))) * scale - column[k + 1];
            error += lost * lost * importance[k + 1];
        }
        return error;
    }
}
