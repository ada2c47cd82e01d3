using System.Numerics;
using System.Runtime.InteropServices;
using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers;

/// <summary>An exponential moving average of the weights: average = decay average + (1 - decay) weights after each step.</summary>
public sealed class WeightAverage : IDisposable
{
    private const int ChunkLength = 1 << 16;
    private readonly WorkerPool? _workers;
    private readonly Action<int, int> _updateChunk;
    private readonly bool _warmUp;
    private FloatBuffer? _parameters;
    private float _towards;

    /// <summary>Makes an average of parameters of one layout; the first update copies them.</summary>
    /// <param name="layout">The parameters' layout.</param>
    /// <param name="decay">The decay, in [0, 1).</param>
    /// <param name="warmUp">Whether update t (from 0) uses min(decay, (1 + t) / (10 + t)), so that early weights are forgotten.</param>
    /// <param name="workers">Threads to use, not disposed here; null uses the caller's alone.</param>
    /// <exception cref="InputException">The decay is out of range.</exception>
    public WeightAverage(ParameterLayout layout, float decay, bool warmUp = false, WorkerPool? workers = null)
    {
        ArgumentNullException.ThrowIfNull(layout);
        if (decay is not (>= 0 and < 1))
            throw new InputException($"the decay of the weight average is {decay}", fix: "give a number in [0, 1)");
        (Decay, _warmUp, _workers) = (decay, warmUp, workers);
        Average = new FloatBuffer(layout.Length);
        _updateChunk = (_, chunk) => UpdateChunk(chunk);
    }

    /// <summary>The decay that updates approach or have.</summary>
    public float Decay { get; }

    /// <summary>The averaged weights, in the parameters' layout; zeros before the first update.</summary>
    public FloatBuffer Average { get; }

    /// <summary>Number of updates so far.</summary>
    public long Updates { get; internal set; }

    /// <summary>Share of the average that the next update keeps; 0 for the first, which copies the weights.</summary>
    public float NextKept => (float)NextDecay;

    private double NextDecay => Updates == 0 ? 0 : _warmUp ? Math.Min(Decay, (1.0 + Updates) / (10.0 + Updates)) : Decay;

    /// <summary>Takes the weights in.</summary>
    public void Update(FloatBuffer parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (parameters.Length != Average.Length)
            throw new ArgumentException($"the layout has {Average.Length} floats, the parameters {parameters.Length}", nameof(parameters));
        _towards = (float)(1 - NextDecay);
        _parameters = parameters;
        int chunks = (Average.Length + ChunkLength - 1) / ChunkLength;
        if (_workers is not null) _workers.Run(chunks, _updateChunk);
        else for (int chunk = 0; chunk < chunks; chunk++) _updateChunk(0, chunk);
        _parameters = null;
        Updates++;
    }

    /// <summary>Forgets everything: the next update copies the weights.</summary>
    public void Reset() => Updates = 0;

    /// <inheritdoc/>
    public void Dispose() => Average.Dispose();

    private void UpdateChunk(int chunk)
    {
        int start = chunk * ChunkLength, length = Math.Min(ChunkLength, Average.Length - start);
        Span<float> average = Average.Span.Slice(start, length), parameters = _parameters!.Span.Slice(start, length);
        if (Updates == 0)
        {
            parameters.CopyTo(average);
            return;
        }
        Span<Vector<float>> w = MemoryMarshal.Cast<float, Vector<float>>(parameters);
        Span<Vector<float>> a = MemoryMarshal.Cast<float, Vector<float>>(average)[..w.Length];
        Vector<float> towards = new(_towards);
        for (int i = 0; i < w.Length; i++) a[i] += (w[i] - a[i]) * towards;
    }
}
