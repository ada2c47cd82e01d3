using System.Numerics.Tensors;
using Glossa.Training.Kernels.Rows;

namespace Glossa.Training.Kernels.Losses;

/// <summary>
/// Cross entropy of every row of logits <c>[rows, classes]</c> against its right class (int64 <c>[rows]</c>), or against a distribution (classes, int64 <c>[rows, k]</c>, and their weights <c>[rows, k]</c>, which sum to 1):
/// its gradient, softmax minus the weights at their classes, in the memory of the logits where it can, and the nats <c>[rows]</c>. A row is passed over while it is in the cache.
/// </summary>
internal sealed unsafe class CrossEntropyKernel : Kernel
{
    /// <summary>The operator.</summary>
    public static KernelOperator Operator { get; } = new("CrossEntropy", _ => new CrossEntropyKernel(), InPlace: true);

    private static readonly float[] One = [1f];

    /// <inheritdoc/>
    public override void Compute(KernelContext context)
    {
        KernelTensor logits = context.Input(0), target = context.Input(1);
        KernelTensor? weights = context.InputCount > 2 ? context.Input(2) : null;
        if (logits.Shape is not [var rows, var classes] || target.Shape[0] != rows || target.Shape.Length != (weights is null ? 1 : 2) || (weights is { } given && !given.Shape.AsSpan().SequenceEqual(target.Shape)))
            throw new InvalidOperationException($"logits [{string.Join(", ", logits.Shape)}] do not fit targets [{string.Join(", ", target.Shape)}]{(weights is { } other ? $" of weights [{string.Join(", ", other.Shape)}]" : "")}");
        float* gradient = context.Output(0, logits.Shape), nats = context.Output(1, [rows]);
        int k = weights is null ? 1 : checked((int)target.Shape[1]);
        for (long row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> weight = weights is { } all ? new ReadOnlySpan<float>(all.Data + (row * k), k) : One;
            nats[row] = Row(logits.Data + (row * classes), gradient + (row * classes), checked((int)classes), new(target.Integers + (row * k), k), weight);
        }
    }

    // The logits are read before the gradient is written, which may lie in the same memory.
    private static float Row(float* logits, float* gradient, int classes, ReadOnlySpan<long> right, ReadOnlySpan<float> weights)
    {
        float largest = TensorPrimitives.Max(new ReadOnlySpan<float>(logits, classes)), distance = 0;
        for (int i = 0; i < right.Length; i++) distance += weights[i] * (largest - logits[Class(right[i], classes)]);
        float sum = VectorFunctions.ExpSum(logits, gradient, classes, largest);
        Span<float> row = new(gradient, classes);
        TensorPrimitives.Multiply(row, 1 / sum, row);
        for (int i = 0; i < right.Length; i++) gradient[Class(right[i], classes)] -= weights[i];
        return MathF.Log(sum) + distance;
    }

    private static long Class(long label, int classes)
    {
        long right = label < 0 ? label + classes : label;
        return right >= 0 && right < classes ? right : throw new InvalidOperationException($"the label {label} is none of {classes} classes");
    }
}
