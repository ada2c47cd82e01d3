using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Glossa.Training.Kernels.Products;

/// <summary>Brings parts of operands into the order in which <see cref="ProductTile"/> reads them.</summary>
internal static unsafe class OperandPacking
{
    private const int Square = 8;

    /// <summary>The right operand as panels <c>[inner, 16]</c>, one behind the other, the last filled up with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Panels(Operand b, nint inner, nint columns, float* panels)
    {
        for (nint column = 0; column < columns; column += ProductTile.Columns, panels += inner * ProductTile.Columns)
        {
            Operand part = b.At(0, column);
            int count = (int)Math.Min(ProductTile.Columns, columns - column);
            if (count < ProductTile.Columns) PartialPanel(part, inner, count, panels);
            else if (b.ColumnStride == 1) RowsOfPanel(part, inner, panels);
            else
            {
                Transpose(part.Data, part.ColumnStride, Square, inner, panels, ProductTile.Columns);
                Transpose(part.Data + (Square * part.ColumnStride), part.ColumnStride, Square, inner, panels + Square, ProductTile.Columns);
            }
        }
    }

    /// <summary>A left operand that is stored by columns, as contiguous rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(Operand a, nint rows, nint inner, float* packed) => Transpose(a.Data, a.ColumnStride, inner, rows, packed, inner);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RowsOfPanel(Operand b, nint inner, float* panel)
    {
        float* row = b.Data;
        for (nint k = 0; k < inner; k++, row += b.RowStride, panel += ProductTile.Columns)
        {
            Vector256.Load(row).Store(panel);
            Vector256.Load(row + Square).Store(panel + Square);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PartialPanel(Operand b, nint inner, int columns, float* panel)
    {
        for (nint k = 0; k < inner; k++, panel += ProductTile.Columns)
        {
            for (int j = 0; j < ProductTile.Columns; j++) panel[j] = j < columns ? b.Data[(k * b.RowStride) + (j * b.ColumnStride)] : 0;
        }
    }

    /// <summary>Writes <c>[rows, columns]</c> as <c>[columns, rows]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* source, nint stride, nint rows, nint columns, float* target, nint targetStride)
    {
        nint i = 0;
        for (; i + Square <= rows; i += Square)
        {
            nint j = 0;
            for (; j + Square <= columns; j += Square) TransposeSquare(source + (i * stride) + j, stride, target + (j * targetStride) + i, targetStride);
            TransposeRest(source, stride, i, i + Square, j, columns, target, targetStride);
        }
        TransposeRest(source, stride, i, rows, 0, columns, target, targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeRest(float* source, nint stride, nint row, nint rowEnd, nint column, nint columnEnd, float* target, nint targetStride)
    {
        for (nint i = row; i < rowEnd; i++)
        {
            for (nint j = column; j < columnEnd; j++) target[(j * targetStride) + i] = source[(i * stride) + j];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeSquare(float* source, nint stride, float* target, nint targetStride)
    {
        // Pairs of rows interleaved, then pairs of pairs, then halves exchanged.
        (Vector256<float> a0, Vector256<float> a1) = Interleaved(source, stride);
        (Vector256<float> a2, Vector256<float> a3) = Interleaved(source + (2 * stride), stride);
        (Vector256<float> a4, Vector256<float> a5) = Interleaved(source + (4 * stride), stride);
        (Vector256<float> a6, Vector256<float> a7) = Interleaved(source + (6 * stride), stride);
        WritePair(Avx.Shuffle(a0, a2, 0x44), Avx.Shuffle(a4, a6, 0x44), target, targetStride);
        WritePair(Avx.Shuffle(a0, a2, 0xEE), Avx.Shuffle(a4, a6, 0xEE), target + targetStride, targetStride);
        WritePair(Avx.Shuffle(a1, a3, 0x44), Avx.Shuffle(a5, a7, 0x44), target + (2 * targetStride), targetStride);
        WritePair(Avx.Shuffle(a1, a3, 0xEE), Avx.Shuffle(a5, a7, 0xEE), target + (3 * targetStride), targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Low, Vector256<float> High) Interleaved(float* source, nint stride)
    {
        Vector256<float> first = Vector256.Load(source), second = Vector256.Load(source + stride);
        return (Avx.UnpackLow(first, second), Avx.UnpackHigh(first, second));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WritePair(Vector256<float> upper, Vector256<float> lower, float* target, nint targetStride)
    {
        Avx.Permute2x128(upper, lower, 0x20).Store(target);
        Avx.Permute2x128(upper, lower, 0x31).Store(target + (4 * targetStride));
    }
}
