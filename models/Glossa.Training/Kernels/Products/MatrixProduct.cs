using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Glossa.Training.Parameters;

namespace Glossa.Training.Kernels.Products;

/// <summary>
/// Products of float32 matrices on one thread, in the blocks that the caches of today's processors hold (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008): a panel of the right
/// operand in the first level, a block of the left one in the second.
/// </summary>
internal static unsafe class MatrixProduct
{
    private const int InnerBlock = 256, RowBlock = 16 * ProductTile.Rows, ColumnBlock = 32 * ProductTile.Columns;

    // Left operands that are stored by columns are turned once for all column blocks up to this size; beyond it, once for each.
    private const int TurnedAtOnce = 1 << 20;

    [ThreadStatic]
    private static FloatBuffer? t_panels;

    [ThreadStatic]
    private static FloatBuffer? t_rows;

    /// <summary>
    /// True where these products are faster than the runtime's: with AVX2 and fused multiplication they reach nine tenths of what the processor can, the runtime seven. With AVX-512 the runtime's own use it.
    /// </summary>
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported && !Avx512F.IsSupported;

    /// <summary>Computes alpha A B + addend + bias.</summary>
    /// <param name="rows">Rows of A and of the result.</param>
    /// <param name="columns">Columns of B and of the result.</param>
    /// <param name="inner">Columns of A, rows of B.</param>
    /// <param name="a">Left operand.</param>
    /// <param name="b">Right operand.</param>
    /// <param name="target">Where the result goes and what is added.</param>
    public static void Compute(nint rows, nint columns, nint inner, Operand a, Operand b, ProductTarget target)
    {
        if (inner == 0) throw new InvalidOperationException("a product over an empty dimension");
        nint innerBlocks = (inner + InnerBlock - 1) / InnerBlock, innerBlock = (inner + innerBlocks - 1) / innerBlocks;
        for (nint k = 0; k < inner; k += innerBlock)
        {
            nint depth = Math.Min(innerBlock, inner - k);
            Operand left = a.At(0, k), right = b.At(k, 0);
            if (left.ColumnStride != 1 && columns > ColumnBlock && rows * depth <= TurnedAtOnce) left = Turned(left, rows, depth);
            OverColumns(rows, columns, depth, left, right, k == 0 ? target : target.Again());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OverColumns(nint rows, nint columns, nint inner, Operand a, Operand b, in ProductTarget target)
    {
        for (nint column = 0; column < columns; column += ColumnBlock)
        {
            nint width = Math.Min(ColumnBlock, columns - column);
            float* panels = Memory(ref t_panels, (width + ProductTile.Columns - 1) / ProductTile.Columns * ProductTile.Columns * inner);
            OperandPacking.Panels(b.At(0, column), inner, width, panels);
            for (nint row = 0; row < rows; row += RowBlock)
            {
                nint height = Math.Min(RowBlock, rows - row);
                Operand block = a.At(row, 0);
                if (block.ColumnStride != 1) block = Turned(block, height, inner);
                OverTiles(height, width, inner, block, panels, target.At(row, column));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OverTiles(nint rows, nint columns, nint inner, Operand a, float* panels, in ProductTarget target)
    {
        for (nint column = 0; column < columns; column += ProductTile.Columns)
        {
            float* panel = panels + (column * inner);
            int width = (int)Math.Min(ProductTile.Columns, columns - column);
            for (nint row = 0; row < rows; row += ProductTile.Rows)
                ProductTile.Compute(inner, a.Data + (row * a.RowStride), a.RowStride, panel, target.At(row, column), (int)Math.Min(ProductTile.Rows, rows - row), width);
        }
    }

    private static Operand Turned(Operand a, nint rows, nint inner)
    {
        float* turned = Memory(ref t_rows, rows * inner);
        OperandPacking.Rows(a, rows, inner, turned);
        return new Operand(turned, inner, 1);
    }

    private static float* Memory(ref FloatBuffer? buffer, nint length)
    {
        if (buffer is null || buffer.Length < length)
        {
            buffer?.Dispose();
            buffer = new FloatBuffer(checked((int)length));
        }
        return (float*)buffer.Address;
    }
}
