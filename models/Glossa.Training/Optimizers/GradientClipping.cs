using System.Numerics;
using System.Runtime.InteropServices;
using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers;

/// <summary>
/// The global L2 norm of all gradients, and clipping by it. The sum runs in float64 over fixed chunks that are added in
/// their order, so that the bits do not depend on the number of threads.
/// </summary>
public sealed class GradientClipping
{
    private const int ChunkLength = 1 << 16;
    private readonly WorkerPool? _workers;
    private readonly double[] _partial;
    private readonly int _length;
    private readonly Action<int, int> _sumChunk;
    private readonly Action<int, int> _scaleChunk;
    private FloatBuffer? _gradients;
    private float _scale;

    /// <summary>Prepares for gradients of one layout.</summary>
    /// <param name="layout">The gradients' layout; the padding between slots is zero.</param>
    /// <param name="workers">Threads to use, not disposed here; null uses the caller's alone.</param>
    public GradientClipping(ParameterLayout layout, WorkerPool? workers = null)
    {
        ArgumentNullException.ThrowIfNull(layout);
        _workers = workers;
        _length = layout.Length;
        _partial = new double[(layout.Length + ChunkLength - 1) / ChunkLength];
        _sumChunk = (_, chunk) => _partial[chunk] = SquareSum.Of(Chunk(chunk));
        _scaleChunk = (_, chunk) => ScaleChunk(chunk);
    }

    /// <summary>The L2 norm over all gradients; NaN or infinite where one of them is.</summary>
    public double Norm(FloatBuffer gradients)
    {
        Run(gradients, _sumChunk);
        double sum = 0;
        foreach (double part in _partial) sum += part;
        return Math.Sqrt(sum);
    }

    /// <summary>Scales the gradients in place so that their norm is at most <paramref name="maxNorm"/>.</summary>
    /// <returns>The norm before; where it is NaN or infinite (<see cref="double.IsFinite"/>), the gradients are left as they are.</returns>
    public double Clip(FloatBuffer gradients, float maxNorm)
    {
        double norm = Norm(gradients);
        _scale = Factor(norm, maxNorm);
        if (_scale != 1) Run(gradients, _scaleChunk);
        return norm;
    }

    /// <summary>
    /// What clipping multiplies gradients of a given norm by: min(1, maxNorm / (norm + 1e-6)), PyTorch's rule; 1 where the norm is
    /// not finite. Handing it to <see cref="Optimizer.Step"/> saves a pass over the gradients and gives the same bits as <see cref="Clip"/>.
    /// </summary>
    public static float Factor(double norm, float maxNorm)
    {
        if (!(maxNorm > 0)) throw new ArgumentOutOfRangeException(nameof(maxNorm), maxNorm, "the clipping norm must be above 0");
        return double.IsFinite(norm) ? (float)Math.Min(1, maxNorm / (norm + 1e-6)) : 1;
    }

    private void Run(FloatBuffer gradients, Action<int, int> work)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        if (gradients.Length != _length)
            throw new ArgumentException($"the layout has {_length} floats, the gradients {gradients.Length}", nameof(gradients));
        _gradients = gradients;
        if (_workers is not null) _workers.Run(_partial.Length, work);
        else for (int chunk = 0; chunk < _partial.Length; chunk++) work(0, chunk);
        _gradients = null;
    }

    private Span<float> Chunk(int chunk)
    {
        int start = chunk * ChunkLength;
        return _gradients!.Span.Slice(start, Math.Min(ChunkLength, _length - start));
    }

    private void ScaleChunk(int chunk)
    {
        Vector<float> scale = new(_scale);
        foreach (ref Vector<float> g in MemoryMarshal.Cast<float, Vector<float>>(Chunk(chunk))) g *= scale;
    }
}
