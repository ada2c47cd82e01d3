namespace Glossa.Models.Quantization;

/// <summary>Unsigned codes of 4 or 8 bits with a scale and a zero point for each channel and block of inputs, as MatMulNBits and GatherBlockQuantized read them.</summary>
internal sealed class BlockGrid : RoundingGrid
{
    private const double SmallestShrinking = 0.6, ShrinkingStep = 0.04;
    private readonly int _largest;

    /// <param name="weights">[inputs, channels].</param>
    /// <param name="inputs">Rows.</param>
    /// <param name="channels">Columns.</param>
    /// <param name="block">Inputs to a block.</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="importance">Mean square of each input, the weight of its squared error.</param>
    /// <param name="search">Search the scale; else the block's range sets it.</param>
    public BlockGrid(ReadOnlySpan<double> weights, int inputs, int channels, int block, int bits, ReadOnlySpan<double> importance, bool search)
        : base(inputs, channels)
    {
        (Block, Bits, _largest) = (block, bits, (1 << bits) - 1);
        Blocks = (inputs + block - 1) / block;
        Scales = new float[channels * Blocks];
        ZeroPoints = new byte[channels * Blocks];
        double[] values = new double[block];
        for (int n = 0; n < channels; n++)
        {
            for (int b = 0; b < Blocks; b++)
            {
                int count = Math.Min(block, inputs - b * block);
                for (int i = 0; i < count; i++) values[i] = weights[(b * block + i) * channels + n];
                (Scales[n * Blocks + b], ZeroPoints[n * Blocks + b]) = Find(values.AsSpan(0, count), importance.Slice(b * block, count), search);
            }
        }
    }

    public int Block { get; }

    public int Bits { get; }

    /// <summary>Blocks to a channel.</summary>
    public int Blocks { get; }

    /// <summary>[channels, blocks].</summary>
    public float[] Scales { get; }

    /// <summary>[channels, blocks], one to a byte.</summary>
    public byte[] ZeroPoints { get; }

    public override void Round(int input, ReadOnlySpan<double> row, Span<double> rounded)
    {
        int block = input / Block;
        for (int n = 0; n < row.Length; n++)
        {
            double scale = Scales[n * Blocks + block];
            int zero = ZeroPoints[n * Blocks + block], code = Code(row[n], scale, zero);
            Codes[input * Channels + n] = (byte)code;
            rounded[n] = (code - zero) * scale;
        }
    }

    /// <summary>The codes by channel, packed, low bits first: [channels, blocks, block * bits / 8] where what fills up the last block stands for 0, else [channels, inputs * bits / 8].</summary>
    public byte[] PackedCodes(bool wholeBlocks)
    {
        int width = wholeBlocks ? Blocks * Block : Inputs;
        byte[] packed = new byte[checked(Channels * (width * Bits / 8))];
        for (int n = 0; n < Channels; n++)
        {
            for (int k = 0; k < width; k++)
            {
                int code = k < Inputs ? Codes[k * Channels + n] : ZeroPoints[n * Blocks + k / Block];
                if (Bits == 8) packed[n * width + k] = (byte)code;
                else packed[(n * width + k) / 2] |= (byte)(code << (k % 2 * 4));
            }
        }
        return packed;
    }

    /// <summary>The zero points by channel, packed: [channels, bytes of a channel].</summary>
    public byte[] PackedZeroPoints()
    {
        if (Bits == 8) return ZeroPoints;
        int width = (Blocks + 1) / 2;
        byte[] packed = new byte[Channels * width];
        for (int n = 0; n < Channels; n++)
            for (int b = 0; b < Blocks; b++)
                packed[n * width + b / 2] |= (byte)(ZeroPoints[n * Blocks + b] << (b % 2 * 4));
        return packed;
    }

    private int Code(double value, double scale, int zero) => (int)Math.Clamp(Math.Round(value / scale) + zero, 0, _largest);

    private (float Scale, byte Zero) Find(ReadOnlySpan<double> values, ReadOnlySpan<double> importance, bool search)
    {
        double min = 0, max = 0;
        foreach (double value in values) (min, max) = (Math.Min(min, value), Math.Max(max, value));
        double range = max - min, least = double.PositiveInfinity;
        (float Scale, byte Zero) best = (1, (byte)((_largest + 1) / 2));
        if (!float.IsNormal((float)(range / _largest))) return best;
        for (double shrinking = 1; shrinking >= (search ? SmallestShrinking : 1); shrinking -= ShrinkingStep)
        {
            float scale = (float)(range * shrinking / _largest);
            if (!float.IsNormal(scale)) break;
            // Both ends move by the same share, so 0 keeps a code of its own.
            byte zero = (byte)Math.Clamp(Math.Round(-min * shrinking / scale), 0, _largest);
            Consider(values, importance, scale, zero, ref best, ref least);
            if (!search) break;
            if (Fitted(values, importance, scale, zero) is var fitted && float.IsNormal(fitted) && fitted > 0) Consider(values, importance, fitted, zero, ref best, ref least);
        }
        return best;
    }

    private void Consider(ReadOnlySpan<double> values, ReadOnlySpan<double> importance, float scale, byte zero, ref (float, byte) best, ref double least)
    {
        double error = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double lost = (Code(values[i], scale, zero) - zero) * (double)scale - values[i];
            error += lost * lost * importance[i];
        }
        if (error < least) (best, least) = ((scale, zero), error);
    }

    // The scale of least squared error for the codes that another scale gives.
    private float Fitted(ReadOnlySpan<double> values, ReadOnlySpan<double> importance, float scale, byte zero)
    {
        double across = 0, square = 0;
        for (int i = 0; i < values.Length; i++)
        {
            int code = Code(values[i], scale, zero) - zero;
            across += importance[i] * values[i] * code;
            square += importance[i] * code * code;
        }
        return square == 0 ? 0 : (float)(across / square);
    }
}
