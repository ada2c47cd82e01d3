using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Glossa.Training.Kernels.Products;

/// <summary>
/// The innermost loop of a product: 6 rows by 16 columns stay in twelve registers of eight floats while the inner dimension passes by, which keeps both multipliers of a core with AVX2 busy.
/// </summary>
internal static unsafe class ProductTile
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 6;

    /// <summary>Columns of a tile.</summary>
    public const int Columns = 16;

    /// <summary>A tile of <paramref name="rows"/> rows and <paramref name="columns"/> columns, at most a whole one.</summary>
    /// <param name="inner">Length of the inner dimension.</param>
    /// <param name="a">First row of the left operand, contiguous.</param>
    /// <param name="stride">Floats from one row of it to the next.</param>
    /// <param name="b">Packed panel of the right operand, <c>[inner, 16]</c>.</param>
    /// <param name="target">Where the tile goes.</param>
    /// <param name="rows">Rows that there are.</param>
    /// <param name="columns">Columns that there are.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compute(nint inner, float* a, nint stride, float* b, in ProductTarget target, int rows, int columns)
    {
        if (rows == Rows && columns == Columns)
        {
            Whole(inner, a, a + stride, a + (2 * stride), a + (3 * stride), a + (4 * stride), a + (5 * stride), b, target);
            return;
        }
        // Rows that are not there repeat the last; what they give is not written.
        float* tile = stackalloc float[Rows * Columns];
        nint last = rows - 1;
        ProductTarget whole = new() { Data = tile, RowStride = Columns, Alpha = target.Alpha };
        Whole(inner, a, a + (stride * Math.Min(1, last)), a + (stride * Math.Min(2, last)), a + (stride * Math.Min(3, last)), a + (stride * Math.Min(4, last)), a + (stride * last), b, whole);
        for (int i = 0; i < rows; i++) Finish(tile + (i * Columns), target.At(i, 0), columns);
    }

    /// <summary>A row of what is added to a product that is nothing.</summary>
    public static void WriteSummands(ProductTarget row, nint columns) => Finish(null, row, columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish(float* tile, ProductTarget row, nint columns)
    {
        for (nint j = 0; j < columns; j++)
        {
            float value = tile is null ? 0 : tile[j];
            if (row.Addend is not null) value += row.Addend[j];
            if (row.Bias is not null) value += row.Bias[j];
            row.Data[j] = value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Whole(nint inner, float* a0, float* a1, float* a2, float* a3, float* a4, float* a5, float* b, in ProductTarget target)
    {
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        Vector256<float> b0, b1, x;
        Prefetch(target);
        float* unrolledEnd = b + ((inner & ~3) * Columns), end = b + (inner * Columns);
        nint k = 0;
        while (b < unrolledEnd)
        {
            b0 = Vector256.Load(b);
            b1 = Vector256.Load(b + 8);
            x = Avx.BroadcastScalarToVector256(a0 + k);
            c00 = Fma.MultiplyAdd(x, b0, c00);
            c01 = Fma.MultiplyAdd(x, b1, c01);
            x = Avx.BroadcastScalarToVector256(a1 + k);
            c10 = Fma.MultiplyAdd(x, b0, c10);
            c11 = Fma.MultiplyAdd(x, b1, c11);
            x = Avx.BroadcastScalarToVector256(a2 + k);
            c20 = Fma.MultiplyAdd(x, b0, c20);
            c21 = Fma.MultiplyAdd(x, b1, c21);
            x = Avx.BroadcastScalarToVector256(a3 + k);
            c30 = Fma.MultiplyAdd(x, b0, c30);
            c31 = Fma.MultiplyAdd(x, b1, c31);
            x = Avx.BroadcastScalarToVector256(a4 + k);
            c40 = Fma.MultiplyAdd(x, b0, c40);
            c41 = Fma.MultiplyAdd(x, b1, c41);
            x = Avx.BroadcastScalarToVector256(a5 + k);
            c50 = Fma.MultiplyAdd(x, b0, c50);
            c51 = Fma.MultiplyAdd(x, b1, c51);
            b0 = Vector256.Load(b + 16);
            b1 = Vector256.Load(b + 24);
            x = Avx.BroadcastScalarToVector256(a0 + k + 1);
            c00 = Fma.MultiplyAdd(x, b0, c00);
            c01 = Fma.MultiplyAdd(x, b1, c01);
            x = Avx.BroadcastScalarToVector256(a1 + k + 1);
            c10 = Fma.MultiplyAdd(x, b0, c10);
            c11 = Fma.MultiplyAdd(x, b1, c11);
            x = Avx.BroadcastScalarToVector256(a2 + k + 1);
            c20 = Fma.MultiplyAdd(x, b0, c20);
            c21 = Fma.MultiplyAdd(x, b1, c21);
            x = Avx.BroadcastScalarToVector256(a3 + k + 1);
            c30 = Fma.MultiplyAdd(x, b0, c30);
            c31 = Fma.MultiplyAdd(x, b1, c31);
            x = Avx.BroadcastScalarToVector256(a4 + k + 1);
            c40 = Fma.MultiplyAdd(x, b0, c40);
            c41 = Fma.MultiplyAdd(x, b1, c41);
            x = Avx.BroadcastScalarToVector256(a5 + k + 1);
            c50 = Fma.MultiplyAdd(x, b0, c50);
            c51 = Fma.MultiplyAdd(x, b1, c51);
            b0 = Vector256.Load(b + 32);
            b1 = Vector256.Load(b + 40);
            x = Avx.BroadcastScalarToVector256(a0 + k + 2);
            c00 = Fma.MultiplyAdd(x, b0, c00);
            c01 = Fma.MultiplyAdd(x, b1, c01);
            x = Avx.BroadcastScalarToVector256(a1 + k + 2);
            c10 = Fma.MultiplyAdd(x, b0, c10);
            c11 = Fma.MultiplyAdd(x, b1, c11);
            x = Avx.BroadcastScalarToVector256(a2 + k + 2);
            c20 = Fma.MultiplyAdd(x, b0, c20);
            c21 = Fma.MultiplyAdd(x, b1, c21);
            x = Avx.BroadcastScalarToVector256(a3 + k + 2);
            c30 = Fma.MultiplyAdd(x, b0, c30);
            c31 = Fma.MultiplyAdd(x, b1, c31);
            x = Avx.BroadcastScalarToVector256(a4 + k + 2);
            c40 = Fma.MultiplyAdd(x, b0, c40);
            c41 = Fma.MultiplyAdd(x, b1, c41);
            x = Avx.BroadcastScalarToVector256(a5 + k + 2);
            c50 = Fma.MultiplyAdd(x, b0, c50);
            c51 = Fma.MultiplyAdd(x, b1, c51);
            b0 = Vector256.Load(b + 48);
            b1 = Vector256.Load(b + 56);
            x = Avx.BroadcastScalarToVector256(a0 + k + 3);
            c00 = Fma.MultiplyAdd(x, b0, c00);
            c01 = Fma.MultiplyAdd(x, b1, c01);
            x = Avx.BroadcastScalarToVector256(a1 + k + 3);
            c10 = Fma.MultiplyAdd(x, b0, c10);
            c11 = Fma.MultiplyAdd(x, b1, c11);
            x = Avx.BroadcastScalarToVector256(a2 + k + 3);
            c20 = Fma.MultiplyAdd(x, b0, c20);
            c21 = Fma.MultiplyAdd(x, b1, c21);
            x = Avx.BroadcastScalarToVector256(a3 + k + 3);
            c30 = Fma.MultiplyAdd(x, b0, c30);
            c31 = Fma.MultiplyAdd(x, b1, c31);
            x = Avx.BroadcastScalarToVector256(a4 + k + 3);
            c40 = Fma.MultiplyAdd(x, b0, c40);
            c41 = Fma.MultiplyAdd(x, b1, c41);
            x = Avx.BroadcastScalarToVector256(a5 + k + 3);
            c50 = Fma.MultiplyAdd(x, b0, c50);
            c51 = Fma.MultiplyAdd(x, b1, c51);
            b += 4 * Columns;
            k += 4;
        }
        while (b < end)
        {
            b0 = Vector256.Load(b);
            b1 = Vector256.Load(b + 8);
            x = Avx.BroadcastScalarToVector256(a0 + k);
            c00 = Fma.MultiplyAdd(x, b0, c00);
            c01 = Fma.MultiplyAdd(x, b1, c01);
            x = Avx.BroadcastScalarToVector256(a1 + k);
            c10 = Fma.MultiplyAdd(x, b0, c10);
            c11 = Fma.MultiplyAdd(x, b1, c11);
            x = Avx.BroadcastScalarToVector256(a2 + k);
            c20 = Fma.MultiplyAdd(x, b0, c20);
            c21 = Fma.MultiplyAdd(x, b1, c21);
            x = Avx.BroadcastScalarToVector256(a3 + k);
            c30 = Fma.MultiplyAdd(x, b0, c30);
            c31 = Fma.MultiplyAdd(x, b1, c31);
            x = Avx.BroadcastScalarToVector256(a4 + k);
            c40 = Fma.MultiplyAdd(x, b0, c40);
            c41 = Fma.MultiplyAdd(x, b1, c41);
            x = Avx.BroadcastScalarToVector256(a5 + k);
            c50 = Fma.MultiplyAdd(x, b0, c50);
            c51 = Fma.MultiplyAdd(x, b1, c51);
            b += Columns;
            k++;
        }
        Write(target, 0, c00, c01);
        Write(target, 1, c10, c11);
        Write(target, 2, c20, c21);
        Write(target, 3, c30, c31);
        Write(target, 4, c40, c41);
        Write(target, 5, c50, c51);
    }

    // What is added was last touched long ago; it is on its way while the products are made.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(in ProductTarget target)
    {
        if (target.Addend is null) return;
        for (nint i = 0; i < Rows; i++) Sse.Prefetch0(target.Addend + (i * target.AddendStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(in ProductTarget target, nint row, Vector256<float> left, Vector256<float> right)
    {
        Vector256<float> alpha = Vector256.Create(target.Alpha);
        Vector256<float> added0 = default, added1 = default;
        if (target.Addend is not null)
        {
            float* addend = target.Addend + (row * target.AddendStride);
            (added0, added1) = (Vector256.Load(addend), Vector256.Load(addend + 8));
        }
        if (target.Bias is not null) (added0, added1) = (added0 + Vector256.Load(target.Bias), added1 + Vector256.Load(target.Bias + 8));
        float* data = target.Data + (row * target.RowStride);
        Fma.MultiplyAdd(alpha, left, added0).Store(data);
        Fma.MultiplyAdd(alpha, right, added1).Store(data + 8);
    }
}
