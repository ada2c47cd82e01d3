namespace Glossa.Models.Quantization;

/// <summary>The codes of a matrix [inputs, channels], chosen one row at a time.</summary>
internal abstract class RoundingGrid(int inputs, int channels)
{
    public int Inputs { get; } = inputs;

    public int Channels { get; } = channels;

    /// <summary>A code per element, in the matrix' order.</summary>
    public byte[] Codes { get; } = new byte[checked(inputs * channels)];

    /// <summary>Chooses the codes of one input's row and writes what they stand for.</summary>
    /// <param name="input">The row; rows come in any order, each once.</param>
    /// <param name="row">[channels].</param>
    /// <param name="rounded">Receives [channels].</param>
    public abstract void Round(int input, ReadOnlySpan<double> row, Span<double> rounded);
}
