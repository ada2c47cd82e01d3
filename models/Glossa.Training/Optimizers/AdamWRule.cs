using System.Numerics;
using System.Runtime.InteropServices;
using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers;

/// <summary>AdamW with bias correction and decoupled decay, as PyTorch's: the decay comes before the step.</summary>
internal sealed class AdamWRule(ParameterGroup group) : StepRule
{
    /// <summary>What is added to the denominator where a group names nothing else.</summary>
    public const float Epsilon = 1e-8f;

    private readonly float _epsilon = group.Options.Epsilon ?? Epsilon;
    private float _stepSize;
    private float _keep;
    private float _secondCorrection;

    public override IEnumerable<StepTask> Tasks(Func<ParameterSlot, int> secondOffset) => Chunks(group.Slots, secondOffset);

    public override void Begin(long step, float factor)
    {
        double rate = (double)group.Options.LearningRate * factor;
        _stepSize = (float)(rate / (1 - Math.Pow(group.Options.Betas[0], step)));
        _secondCorrection = (float)(1 / Math.Sqrt(1 - Math.Pow(group.Options.Betas[1], step)));
        _keep = (float)(1 - rate * group.Options.WeightDecay);
    }

    public override void Update(in StepTask task, int worker, in StepBuffers buffers)
    {
        Span<Vector<float>> w = Vectors(buffers.Parameters, task.Offset, task.Length);
        Span<Vector<float>> g = Vectors(buffers.Gradients, task.Offset, task.Length)[..w.Length];
        Span<Vector<float>> m = Vectors(buffers.Momentum, task.Offset, task.Length)[..w.Length];
        Span<Vector<float>> v = Vectors(buffers.SecondMoment, task.SecondOffset, task.Length)[..w.Length];
        Vector<float> scale = new(buffers.GradientScale), epsilon = new(_epsilon);
        Vector<float> towardsGradient = new(1 - group.Options.Betas[0]);
        Vector<float> beta2 = new(group.Options.Betas[1]), towardsSquare = new(1 - group.Options.Betas[1]);
        Vector<float> stepSize = new(_stepSize), correction = new(_secondCorrection), keep = new(_keep);
        for (int i = 0; i < w.Length; i++)
        {
            Vector<float> gradient = g[i] * scale;
            Vector<float> first = Flush(m[i] + (gradient - m[i]) * towardsGradient);
            Vector<float> second = Flush(v[i] * beta2 + gradient * gradient * towardsSquare);
            m[i] = first;
            v[i] = second;
            w[i] = w[i] * keep - stepSize * first / (Vector.SquareRoot(second) * correction + epsilon);
            g[i] = Vector<float>.Zero;
        }
    }

    private static Span<Vector<float>> Vectors(FloatBuffer buffer, int offset, int length) =>
        MemoryMarshal.Cast<float, Vector<float>>(buffer.Span.Slice(offset, length));
}
