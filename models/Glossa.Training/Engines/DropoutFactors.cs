using Glossa.Models.Steps;
using Glossa.Training.Parameters;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines;

/// <summary>
/// The factors of a step's <c>dropout.*</c> inputs, each <c>[sequence, batch, width]</c>: 0, or 1 / (1 - rate). They depend on the micro-batch's
/// seed alone. The rate is rounded to 1/256, so that one byte of randomness decides an element.
/// </summary>
internal sealed class DropoutFactors : IDisposable
{
    /// <summary>What the names of the inputs begin with.</summary>
    public const string Prefix = "dropout.";

    private readonly (string Name, int Width)[] _inputs;
    private readonly int _threshold;
    private readonly float _kept;
    private FloatBuffer _buffer = new(0);

    public DropoutFactors(StepModel step, float rate)
    {
        _inputs = [.. step.Model.Graph.Input.Where(input => input.Name.StartsWith(Prefix, StringComparison.Ordinal))
            .OrderBy(input => input.Name, StringComparer.Ordinal).Select(input => (input.Name, checked((int)input.Type.TensorType.Shape.Dim[^1].DimValue)))];
        _threshold = (int)MathF.Round(rate * 256);
        _kept = 256f / (256 - _threshold);
    }

    /// <summary>Draws the factors of a micro-batch. They lie in memory that the next draw overwrites; dispose each after the run.</summary>
    public IReadOnlyList<(string Name, OrtValue Value)> Draw(MicroBatch batch)
    {
        if (_inputs.Length == 0) return [];
        IReadOnlyList<long> ids = batch.ShapeOf(MicroBatch.InputIds);
        int cells = checked((int)(ids[0] * ids[1])), total = _inputs.Sum(input => input.Width * cells);
        if (_buffer.Length < total)
        {
            _buffer.Dispose();
            _buffer = new FloatBuffer(total);
        }
        Fill(_buffer.Span[..total], new SeededRandom(batch.Seed, 0xD0));
        List<(string, OrtValue)> values = [];
        int offset = 0;
        foreach ((string name, int width) in _inputs)
        {
            values.Add((name, _buffer.Tensor(offset, ids[1], ids[0], width)));
            offset += width * cells;
        }
        return values;
    }

    public void Dispose() => _buffer.Dispose();

    private void Fill(Span<float> factors, SeededRandom random)
    {
        Span<float> table = stackalloc float[256];
        for (int i = 0; i < 256; i++) table[i] = i < _threshold ? 0 : _kept;
        for (int i = 0; i < factors.Length; i += 8)
        {
            ulong bits = random.NextUInt64();
            int count = Math.Min(8, factors.Length - i);
            for (int j = 0; j < count; j++, bits >>= 8) factors[i + j] = table[(int)(bits & 255)];
        }
    }
}
