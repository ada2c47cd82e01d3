using System.Numerics;
using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers;

/// <summary>What a step reads and writes; all buffers but the second moment share the parameters' layout.</summary>
/// <param name="Parameters">The weights.</param>
/// <param name="Gradients">The gradients; zeroed by the step.</param>
/// <param name="Momentum">First moments.</param>
/// <param name="SecondMoment">Second moments of the AdamW groups alone, packed.</param>
/// <param name="GradientScale">Multiplies every gradient as it is read.</param>
internal readonly record struct StepBuffers(
    FloatBuffer Parameters, FloatBuffer Gradients, FloatBuffer Momentum, FloatBuffer SecondMoment, float GradientScale);

/// <summary>A stretch of parameters that one thread updates.</summary>
/// <param name="Rule">The rule that updates it.</param>
/// <param name="Offset">First element in the parameters' layout.</param>
/// <param name="SecondOffset">First element in the packed second moments.</param>
/// <param name="Length">Number of elements, a multiple of <see cref="ParameterLayout.Alignment"/>.</param>
/// <param name="Cost">Estimated work, for starting long tasks first.</param>
/// <param name="Item">What it means to the rule: a matrix's number.</param>
internal readonly record struct StepTask(StepRule Rule, int Offset, int SecondOffset, int Length, double Cost, int Item = 0);

/// <summary>The update rule of one group: says which tasks a step has and runs one of them.</summary>
internal abstract class StepRule : IDisposable
{
    /// <summary>Elementwise tasks have at most this many floats: four streams of them fit in a core's own cache.</summary>
    protected const int ChunkLength = 16384;

    /// <summary>The tasks of a step.</summary>
    /// <param name="secondOffset">Where a slot's second moment lies.</param>
    public abstract IEnumerable<StepTask> Tasks(Func<ParameterSlot, int> secondOffset);

    /// <summary>Computes the step's constants.</summary>
    /// <param name="step">Number of the step, from 1.</param>
    /// <param name="factor">Schedule factor of the learning rate.</param>
    public abstract void Begin(long step, float factor);

    /// <summary>Updates the parameters of one task and zeroes their gradients.</summary>
    public abstract void Update(in StepTask task, int worker, in StepBuffers buffers);

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>
    /// Zero where a moment has decayed below 2^-100, which moves no weight. Rows of rare tokens would otherwise decay into denormal numbers and
    /// stay there: slow on many processors, and rounded in a way that depends on a processor mode that a session of ONNX Runtime may set on some threads. NaN stays.
    /// </summary>
    protected static Vector<float> Flush(Vector<float> moment) =>
        Vector.ConditionalSelect(Vector.LessThan(Vector.Abs(moment), new Vector<float>(7.8886091e-31f)), Vector<float>.Zero, moment);

    /// <summary>Number of floats of a slot with the padding behind it: padding is zero and every rule keeps it zero.</summary>
    protected static int PaddedLength(ParameterSlot slot) =>
        (slot.Length + ParameterLayout.Alignment - 1) / ParameterLayout.Alignment * ParameterLayout.Alignment;

    /// <summary>Cuts slots into tasks of at most <see cref="ChunkLength"/> floats.</summary>
    protected IEnumerable<StepTask> Chunks(IEnumerable<ParameterSlot> slots, Func<ParameterSlot, int> secondOffset)
    {
        foreach (ParameterSlot slot in slots)
        {
            int length = PaddedLength(slot), second = secondOffset(slot);
            for (int start = 0; start < length; start += ChunkLength)
            {
                int count = Math.Min(ChunkLength, length - start);
                yield return new StepTask(this, slot.Offset + start, second + start, count, count);
            }
        }
    }
}
