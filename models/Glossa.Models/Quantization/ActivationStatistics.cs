namespace Glossa.Models.Quantization;

/// <summary>What calibration saw of an activation [rows, width].</summary>
internal sealed class ActivationStatistics(int width)
{
    /// <summary>Number of channels.</summary>
    public int Width { get; } = width;

    /// <summary>Rows seen.</summary>
    public double Rows { get; private set; }

    /// <summary>[width, width]: sums of products while samples come in, means once <see cref="Finish"/> was called.</summary>
    public double[] Moments { get; } = new double[checked(width * width)];

    /// <summary>Smallest value of each channel, at most 0.</summary>
    public float[] Smallest { get; } = new float[width];

    /// <summary>Largest value of each channel, at least 0.</summary>
    public float[] Largest { get; } = new float[width];

    /// <summary>Number of samples with rows.</summary>
    public int Samples { get; private set; }

    /// <summary>Root mean square of each channel's largest magnitude in a sample.</summary>
    public double[] TypicalRange { get; } = new double[width];

    /// <summary>Mean square of each channel.</summary>
    public double[] MeanSquares()
    {
        double[] squares = new double[Width];
        for (int k = 0; k < Width; k++) squares[k] = Moments[k * Width + k];
        return squares;
    }

    public void Add(float rows, ReadOnlySpan<float> moments, ReadOnlySpan<float> smallest, ReadOnlySpan<float> largest)
    {
        if (rows == 0) return;
        Rows += rows;
        Samples++;
        for (int i = 0; i < moments.Length; i++) Moments[i] += moments[i];
        for (int k = 0; k < Width; k++)
        {
            Smallest[k] = MathF.Min(Smallest[k], smallest[k]);
            Largest[k] = MathF.Max(Largest[k], largest[k]);
            float range = MathF.Max(MathF.Max(largest[k], -smallest[k]), 0);
            TypicalRange[k] += (double)range * range;
        }
    }

    /// <exception cref="InputException">Nothing was seen, or something that is not a number.</exception>
    public void Finish(string name)
    {
        if (Rows == 0) throw new InputException($"calibration never reached '{name}'", fix: "give calibration samples of at least one token");
        for (int k = 0; k < Width; k++) TypicalRange[k] = Math.Sqrt(TypicalRange[k] / Samples);
        for (int i = 0; i < Moments.Length; i++)
        {
            if (!double.IsFinite(Moments[i])) throw new InputException($"calibration found values in '{name}' that are not finite", fix: "check the float32 model and the calibration samples");
            Moments[i] /= Rows;
        }
    }
}
