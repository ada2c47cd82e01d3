using System.Numerics;
using System.Runtime.InteropServices;
using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers;

/// <summary>
/// Muon: the momentum of a matrix is orthogonalised by <see cref="NewtonSchulz"/> and subtracted. One task is one matrix
/// from momentum to update, so that its data stay in the cache of the core that works on it; every worker has scratch
/// of its own for each shape.
/// </summary>
internal sealed class MuonRule : StepRule
{
    /// <summary>Least Frobenius norm that is divided by where a group names none.</summary>
    public const float Epsilon = 1e-7f;

    private readonly ParameterGroup _group;
    private readonly float[] _scales;
    private readonly NewtonSchulz[] _shapes;
    private readonly int[] _shapeOf;
    private readonly float _epsilon;
    private float _rate;
    private float _keep;

    /// <summary>Prepares one orthogonalisation per shape.</summary>
    /// <param name="group">The group; its tensors are matrices.</param>
    /// <param name="workers">Number of workers that will call <see cref="Update"/> concurrently.</param>
    /// <param name="transposed">Whether a parameter, by its name, is stored [inputs, outputs].</param>
    public MuonRule(ParameterGroup group, int workers, Func<string, bool> transposed)
    {
        _group = group;
        _epsilon = group.Options.Epsilon ?? Epsilon;
        _scales = [.. group.Slots.Select(slot => Scale(group.Options, slot, group.Options.Transposed || transposed(slot.Name)))];
        List<(long Rows, long Columns)> shapes = [.. group.Slots.Select(slot => (slot.Shape[0], slot.Shape[1])).Distinct()];
        _shapes = [.. shapes.Select(shape => new NewtonSchulz((int)shape.Rows, (int)shape.Columns, workers))];
        _shapeOf = [.. group.Slots.Select(slot => shapes.IndexOf((slot.Shape[0], slot.Shape[1])))];
    }

    public override IEnumerable<StepTask> Tasks(Func<ParameterSlot, int> secondOffset)
    {
        for (int i = 0; i < _group.Slots.Count; i++)
        {
            ParameterSlot slot = _group.Slots[i];
            yield return new StepTask(this, slot.Offset, 0, PaddedLength(slot), _shapes[_shapeOf[i]].Cost, i);
        }
    }

    public override void Begin(long step, float factor)
    {
        _rate = _group.Options.LearningRate * factor;
        _keep = (float)(1 - (double)_rate * _group.Options.WeightDecay);
    }

    public override void Update(in StepTask task, int worker, in StepBuffers buffers)
    {
        NewtonSchulz shape = _shapes[_shapeOf[task.Item]];
        NewtonSchulz.Scratch scratch = shape.ScratchOf(worker);
        Span<float> update = scratch.Input.Span;
        MoveMomentum(task, buffers, update);
        shape.Orthogonalize(scratch, _epsilon);
        Apply(buffers.Parameters.Span.Slice(task.Offset, task.Length), scratch.Output.Span, _keep, _rate * _scales[task.Item]);
    }

    public override void Dispose()
    {
        foreach (NewtonSchulz shape in _shapes) shape.Dispose();
        base.Dispose();
    }

    /// <summary>What the rate of one matrix is multiplied by.</summary>
    public static float Scale(OptimizerGroupOptions options, ParameterSlot slot, bool transposed)
    {
        (double rows, double columns) = transposed ? (slot.Shape[1], slot.Shape[0]) : (slot.Shape[0], slot.Shape[1]);
        return (float)(options.Scale == MuonScale.Original
            ? Math.Sqrt(Math.Max(1, rows / columns))
            : 0.2 * Math.Sqrt(Math.Max(rows, columns)));
    }

    private void MoveMomentum(in StepTask task, in StepBuffers buffers, Span<float> update)
    {
        Span<Vector<float>> g = MemoryMarshal.Cast<float, Vector<float>>(buffers.Gradients.Span.Slice(task.Offset, task.Length));
        Span<Vector<float>> m = MemoryMarshal.Cast<float, Vector<float>>(buffers.Momentum.Span.Slice(task.Offset, task.Length))[..g.Length];
        Span<Vector<float>> u = MemoryMarshal.Cast<float, Vector<float>>(update)[..g.Length];
        Vector<float> scale = new(buffers.GradientScale), towardsGradient = new(1 - _group.Options.Momentum), momentum = new(_group.Options.Momentum);
        bool nesterov = _group.Options.Nesterov;
        for (int i = 0; i < g.Length; i++)
        {
            Vector<float> gradient = g[i] * scale;
            Vector<float> moved = Flush(m[i] + (gradient - m[i]) * towardsGradient);
            m[i] = moved;
            u[i] = nesterov ? gradient + (moved - gradient) * momentum : moved;
            g[i] = Vector<float>.Zero;
        }
    }

    private static void Apply(Span<float> parameters, Span<float> direction, float keep, float rate)
    {
        Span<Vector<float>> w = MemoryMarshal.Cast<float, Vector<float>>(parameters);
        Span<Vector<float>> d = MemoryMarshal.Cast<float, Vector<float>>(direction)[..w.Length];
        Vector<float> keeps = new(keep), rates = new(rate);
        for (int i = 0; i < w.Length; i++) w[i] = w[i] * keeps - rates * d[i];
    }
}
