namespace Glossa.Training.Kernels.Products;

/// <summary>A float32 matrix in memory: element (i, j) lies i row strides and j column strides behind the first. One of the strides is 1.</summary>
internal readonly unsafe struct Operand(float* data, nint rowStride, nint columnStride)
{
    /// <summary>The first element.</summary>
    public float* Data { get; } = data;

    /// <summary>Floats from one row to the next.</summary>
    public nint RowStride { get; } = rowStride;

    /// <summary>Floats from one column to the next.</summary>
    public nint ColumnStride { get; } = columnStride;

    /// <summary>The part that begins at a row and a column.</summary>
    public Operand At(nint row, nint column) => new(Data + (row * RowStride) + (column * ColumnStride), RowStride, ColumnStride);
}

/// <summary>What a product becomes part of: alpha A B + addend + bias, written to the target.</summary>
internal unsafe struct ProductTarget
{
    /// <summary>First element of the result, whose rows are contiguous.</summary>
    public float* Data;

    /// <summary>Floats from one row of the result to the next.</summary>
    public nint RowStride;

    /// <summary>Factor of the product.</summary>
    public float Alpha;

    /// <summary>A matrix to add, or null; the result itself where products add up in place.</summary>
    public float* Addend;

    /// <summary>Floats from one row of the addend to the next.</summary>
    public nint AddendStride;

    /// <summary>A row to add to every row, or null.</summary>
    public float* Bias;

    /// <summary>The part that begins at a row and a column.</summary>
    public readonly ProductTarget At(nint row, nint column)
    {
        ProductTarget part = this;
        part.Data += (row * RowStride) + column;
        if (Addend is not null) part.Addend += (row * AddendStride) + column;
        if (Bias is not null) part.Bias += column;
        return part;
    }

    /// <summary>The target of what is added to a result that was written before.</summary>
    public readonly ProductTarget Again() => new() { Data = Data, RowStride = RowStride, Alpha = Alpha, Addend = Data, AddendStride = RowStride };
}
