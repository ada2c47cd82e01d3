using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Glossa.Training.Kernels.Products;

/// <summary>
/// Products of float32 matrices on one thread, in the blocks that the caches of today's processors hold (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008): a panel of the right
/// operand in the first level, a block of the left one in the second.
/// </summary>
internal static unsafe class MatrixProduct
{
    private const int InnerBlock = 256, RowBlock = 16 * ProductTile.Rows, ColumnBlock = 32 * ProductTile.Columns;

    // Left operands that are stored by columns are turned once for all column blocks up to this size; beyond it, once for each.
    private const int TurnedAtOnce = 1 << 18;

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
        if (inner == 0)
        {
            for (nint row = 0; row < rows; row++) ProductTile.WriteSummands(target.At(row, 0), columns);
            return;
        }
        nint innerBlocks = (inner + InnerBlock - 1) / InnerBlock, innerBlock = (inner + innerBlocks - 1) / innerBlocks;
        bool turns = a.ColumnStride != 1, atOnce = turns && columns > ColumnBlock && rows * innerBlock <= TurnedAtOnce;
        nint panelSize = Math.Min(ColumnBlock, (columns + ProductTile.Columns - 1) / ProductTile.Columns * ProductTile.Columns) * innerBlock;
        nint turnedSize = !turns ? 0 : (atOnce ? rows : Math.Min(RowBlock, rows)) * innerBlock;
        using ScratchPool.Lease scratch = ScratchPool.Rent(panelSize + turnedSize);
        for (nint k = 0; k < inner; k += innerBlock)
        {
            nint depth = Math.Min(innerBlock, inner - k);
            Operand left = a.At(0, k), right = b.At(k, 0);
            if (atOnce) left = Turned(left, rows, depth, scratch.Data + panelSize);
            OverColumns(rows, columns, depth, left, right, k == 0 ? target : target.Again(), scratch.Data, scratch.Data + panelSize);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OverColumns(nint rows, nint columns, nint inner, Operand a, Operand b, in ProductTarget target, float* panels, float* turned)
    {
        for (nint column = 0; column < columns; column += ColumnBlock)
        {
            nint width = Math.Min(ColumnBlock, columns - column);
            OperandPacking.Panels(b.At(0, column), inner, width, panels);
            for (nint row = 0; row < rows; row += RowBlock)
            {
                nint height = Math.Min(RowBlock, rows - row);
                Operand block = a.At(row, 0);
                if (block.ColumnStride != 1) block = Turned(block, height, inner, turned);
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

    private static Operand Turned(Operand a, nint rows, nint inner, float* turned)
    {
        OperandPacking.Rows(a, rows, inner, turned);
        return new Operand(turned, inner, 1);
    }
}
