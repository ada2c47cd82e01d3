using System.Numerics;
using System.Runtime.InteropServices;
using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers;

/// <summary>Gradient descent with momentum (m = momentum m + g, no dampening) and decoupled weight decay.</summary>
internal sealed class SgdRule(ParameterGroup group) : StepRule
{
    private float _rate;
    private float _keep;

    public override IEnumerable<StepTask> Tasks(Func<ParameterSlot, int> secondOffset) => Chunks(group.Slots, secondOffset);

    public override void Begin(long step, float factor)
    {
        _rate = group.Options.LearningRate * factor;
        _keep = (float)(1 - (double)_rate * group.Options.WeightDecay);
    }

    public override void Update(in StepTask task, int worker, in StepBuffers buffers)
    {
        Span<Vector<float>> w = Vectors(buffers.Parameters, task);
        Span<Vector<float>> g = Vectors(buffers.Gradients, task)[..w.Length];
        Span<Vector<float>> m = Vectors(buffers.Momentum, task)[..w.Length];
        Vector<float> scale = new(buffers.GradientScale), momentum = new(group.Options.Momentum), rate = new(_rate), keep = new(_keep);
        bool nesterov = group.Options.Nesterov;
        for (int i = 0; i < w.Length; i++)
        {
            Vector<float> gradient = g[i] * scale;
            Vector<float> moved = Flush(m[i] * momentum + gradient);
            m[i] = moved;
            w[i] = w[i] * keep - rate * (nesterov ? gradient + momentum * moved : moved);
            g[i] = Vector<float>.Zero;
        }
    }

    private static Span<Vector<float>> Vectors(FloatBuffer buffer, in StepTask task) =>
        MemoryMarshal.Cast<float, Vector<float>>(buffer.Span.Slice(task.Offset, task.Length));
}
