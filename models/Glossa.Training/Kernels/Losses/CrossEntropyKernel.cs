using System.Numerics.Tensors;
using Glossa.Training.Kernels.Rows;

namespace Glossa.Training.Kernels.Losses;

/// <summary>
/// Cross entropy of every row of logits <c>[rows, classes]</c> against its right class (int64 <c>[rows]</c>): its gradient, softmax minus one at the right class, in the memory of the logits where it can, and the nats <c>[rows]</c>.
/// A row is passed over while it is in the cache.
/// </summary>
internal sealed unsafe class CrossEntropyKernel : Kernel
{
    /// <summary>The operator.</summary>
    public static KernelOperator Operator { get; } = new("CrossEntropy", _ => new CrossEntropyKernel(), InPlace: true);

    /// <inheritdoc/>
    public override void Compute(KernelContext context)
    {
        KernelTensor logits = context.Input(0), target = context.Input(1);
        if (logits.Shape is not [var rows, var classes] || target.Shape is not [var targets] || targets != rows)
            throw new InvalidOperationException($"logits [{string.Join(", ", logits.Shape)}] do not fit targets [{string.Join(", ", target.Shape)}]");
        float* gradient = context.Output(0, logits.Shape), nats = context.Output(1, target.Shape);
        for (long row = 0; row < rows; row++)
        {
            long right = target.Integers[row] < 0 ? target.Integers[row] + classes : target.Integers[row];
            if (right < 0 || right >= classes) throw new InvalidOperationException($"the label {target.Integers[row]} is none of {classes} classes");
            nats[row] = Row(logits.Data + (row * classes), gradient + (row * classes), checked((int)classes), right);
        }
    }

    private static float Row(float* logits, float* gradient, int classes, long right)
    {
        float largest = TensorPrimitives.Max(new ReadOnlySpan<float>(logits, classes)), score = logits[right];
        float sum = VectorFunctions.ExpSum(logits, gradient, classes, largest);
        Span<float> row = new(gradient, classes);
        TensorPrimitives.Multiply(row, 1 / sum, row);
        gradient[right] -= 1;
        return MathF.Log(sum) + (largest - score);
    }
}
