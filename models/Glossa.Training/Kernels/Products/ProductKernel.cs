namespace Glossa.Training.Kernels.Products;

/// <summary>
/// Y = alpha A B + addend + bias over the last two axes of operands that are read through permutations of their axes, batch axes in front; Y is written through one as well. So a transposition before or
/// behind a product costs nothing. A matrix B (two axes) is multiplied by all rows of A.
/// Attributes: <c>a</c>, <c>b</c>, <c>y</c> (permutations; absent: the axes as they are), <c>alpha</c>, <c>addend</c> and <c>bias</c> (1 where that input follows, in this order). The addend is shaped as the output, and
/// may be its memory; the bias as its last axis.
/// </summary>
internal sealed unsafe class ProductKernel : Kernel
{
    private readonly long[]? _a, _b, _y;
    private readonly float _alpha;
    private readonly bool _addend, _bias;

    private ProductKernel(KernelAttributes attributes)
    {
        (_a, _b, _y) = (attributes.Integers("a"), attributes.Integers("b"), attributes.Integers("y"));
        _alpha = attributes.Float("alpha", 1);
        (_addend, _bias) = (attributes.Integer("addend", 0) != 0, attributes.Integer("bias", 0) != 0);
    }

    /// <summary>The operator.</summary>
    public static KernelOperator Operator { get; } = new("Product", attributes => new ProductKernel(attributes));

    /// <inheritdoc/>
    public override void Compute(KernelContext context)
    {
        KernelTensor a = context.Input(0), b = context.Input(1);
        View left = View.Of(a.Shape, _a), right = View.Of(b.Shape, _b);
        bool rowsTogether = right.Rank == 2 && _a is null && _y is null;
        long[] result = [.. left.Sizes[..^1], right.Sizes[^1]];
        if (left.Sizes[^1] != right.Sizes[^2] || (right.Rank != 2 && !left.Sizes.AsSpan(..^2).SequenceEqual(right.Sizes.AsSpan(..^2))))
            throw new InvalidOperationException($"[{string.Join(", ", left.Sizes)}] cannot be multiplied by [{string.Join(", ", right.Sizes)}]");
        long[] stored = _y is null ? result : Array.ConvertAll(_y, axis => result[axis]);
        float* y = context.Output(0, stored);
        ProductTarget target = new() { Data = y, Alpha = _alpha };
        if (_addend) target.Addend = Shaped(context.Input(2), stored, "addend");
        if (_bias) target.Bias = Shaped(context.Input(_addend ? 3 : 2), [result[^1]], "bias");
        if (rowsTogether)
        {
            target.RowStride = target.AddendStride = (nint)result[^1];
            nint rows = 1;
            foreach (long size in result.AsSpan(..^1)) rows *= (nint)size;
            MatrixProduct.Compute(rows, (nint)result[^1], (nint)left.Sizes[^1], new Operand(a.Data, (nint)left.Sizes[^1], 1), right.Matrix(b.Data), target);
            return;
        }
        View written = View.Of(stored, _y is null ? null : Inverse(_y));
        target.RowStride = target.AddendStride = (nint)written.Strides[^2];
        OverBatch(0, left, right, written, a.Data, b.Data, target);
    }

    private static void OverBatch(int axis, View left, View right, View written, float* a, float* b, ProductTarget target)
    {
        if (axis == left.Rank - 2)
        {
            MatrixProduct.Compute((nint)left.Sizes[^2], (nint)right.Sizes[^1], (nint)left.Sizes[^1], left.Matrix(a), right.Matrix(b), target);
            return;
        }
        for (long i = 0; i < left.Sizes[axis]; i++)
        {
            ProductTarget part = target;
            part.Data += i * written.Strides[axis];
            if (part.Addend is not null) part.Addend += i * written.Strides[axis];
            OverBatch(axis + 1, left, right, written, a + (i * left.Strides[axis]), right.Rank == 2 ? b : b + (i * right.Strides[axis]), part);
        }
    }

    private static long[] Inverse(long[] permutation)
    {
        long[] inverse = new long[permutation.Length];
        for (int i = 0; i < permutation.Length; i++) inverse[permutation[i]] = i;
        return inverse;
    }

    private static float* Shaped(KernelTensor tensor, long[] shape, string what) => tensor.Shape.AsSpan().SequenceEqual(shape)
        ? tensor.Data
        : throw new InvalidOperationException($"the {what} of a product [{string.Join(", ", shape)}] is [{string.Join(", ", tensor.Shape)}]");

    /// <summary>Sizes and strides of a tensor's axes in the order in which they are read.</summary>
    private readonly record struct View(long[] Sizes, long[] Strides)
    {
        public int Rank => Sizes.Length;

        public static View Of(long[] shape, long[]? permutation)
        {
            long[] strides = new long[shape.Length];
            long stride = 1;
            for (int i = shape.Length - 1; i >= 0; i--)
            {
                strides[i] = stride;
                stride *= shape[i];
            }
            return permutation is null ? new View(shape, strides) : new View(Array.ConvertAll(permutation, axis => shape[axis]), Array.ConvertAll(permutation, axis => strides[axis]));
        }

        public Operand Matrix(float* data) => new(data, (nint)Strides[^2], (nint)Strides[^1]);
    }
}
