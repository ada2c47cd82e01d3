using System.Numerics.Tensors;

namespace Glossa.Training.Kernels.Rows;

/// <summary>A register's floats for a few rows.</summary>
internal readonly unsafe struct RowBlock(float* data, RowKind kind)
{
    /// <summary>The first of them.</summary>
    public float* Data { get; } = data;

    /// <summary>What they are.</summary>
    public RowKind Kind { get; } = kind;
}

/// <summary>One instruction on a few rows.</summary>
internal static unsafe class RowArithmetic
{
    /// <summary>Applies it to <paramref name="rows"/> rows of <paramref name="width"/>.</summary>
    public static void Apply(RowOperation operation, RowBlock a, RowBlock b, float* y, int rows, int width)
    {
        switch (operation)
        {
            case RowOperation.RowSum:
                for (int i = 0; i < rows; i++) y[i] = TensorPrimitives.Sum(new ReadOnlySpan<float>(a.Data + (i * width), width));
                break;
            case RowOperation.ColumnSum:
                Span<float> sum = new(y, width);
                for (int i = 0; i < rows; i++) TensorPrimitives.Add(sum, new ReadOnlySpan<float>(a.Data + (i * width), width), sum);
                break;
            case RowOperation.Add or RowOperation.Sub or RowOperation.Mul or RowOperation.Div:
                Binary(operation, a, b, y, rows, width);
                break;
            default:
                int count = Count(a.Kind, rows, width);
                Unary(operation, a.Data, y, count);
                break;
        }
    }

    private static int Count(RowKind kind, int rows, int width) => kind switch { RowKind.Full => rows * width, RowKind.Column => rows, RowKind.Row => width, _ => 1 };

    private static void Unary(RowOperation operation, float* a, float* y, int count)
    {
        switch (operation)
        {
            case RowOperation.Exp:
                VectorFunctions.Exp(a, y, count);
                break;
            case RowOperation.Gelu:
                VectorFunctions.Gelu(a, y, count);
                break;
            case RowOperation.GeluSlope:
                VectorFunctions.GeluSlope(a, y, count);
                break;
            case RowOperation.Sigmoid:
                VectorFunctions.Sigmoid(a, y, count);
                break;
            case RowOperation.Neg:
                TensorPrimitives.Negate(new ReadOnlySpan<float>(a, count), new Span<float>(y, count));
                break;
            case RowOperation.Sqrt:
                TensorPrimitives.Sqrt(new ReadOnlySpan<float>(a, count), new Span<float>(y, count));
                break;
            case RowOperation.Reciprocal:
                TensorPrimitives.Reciprocal(new ReadOnlySpan<float>(a, count), new Span<float>(y, count));
                break;
            case RowOperation.Tanh:
                TensorPrimitives.Tanh(new ReadOnlySpan<float>(a, count), new Span<float>(y, count));
                break;
            default:
                throw new InvalidOperationException($"{operation} takes two operands");
        }
    }

    private static void Binary(RowOperation operation, RowBlock a, RowBlock b, float* y, int rows, int width)
    {
        if (a.Kind == b.Kind) Vectors(operation, Whole(a, rows, width), Whole(b, rows, width), new Span<float>(y, Count(a.Kind, rows, width)));
        else if (b.Kind == RowKind.Scalar) Right(operation, Whole(a, rows, width), *b.Data, new Span<float>(y, Count(a.Kind, rows, width)));
        else if (a.Kind == RowKind.Scalar) Left(operation, *a.Data, Whole(b, rows, width), new Span<float>(y, Count(b.Kind, rows, width)));
        else
        {
            for (int i = 0; i < rows; i++)
            {
                Span<float> result = new(y + (i * width), width);
                if (b.Kind == RowKind.Column) Right(operation, OfRow(a, i, width), b.Data[i], result);
                else if (a.Kind == RowKind.Column) Left(operation, a.Data[i], OfRow(b, i, width), result);
                else Vectors(operation, OfRow(a, i, width), OfRow(b, i, width), result);
            }
        }
    }

    private static ReadOnlySpan<float> Whole(RowBlock block, int rows, int width) => new(block.Data, Count(block.Kind, rows, width));

    private static ReadOnlySpan<float> OfRow(RowBlock block, int row, int width) => new(block.Kind == RowKind.Full ? block.Data + (row * width) : block.Data, width);

    private static void Vectors(RowOperation operation, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        switch (operation)
        {
            case RowOperation.Add:
                TensorPrimitives.Add(a, b, y);
                break;
            case RowOperation.Sub:
                TensorPrimitives.Subtract(a, b, y);
                break;
            case RowOperation.Mul:
                TensorPrimitives.Multiply(a, b, y);
                break;
            default:
                TensorPrimitives.Divide(a, b, y);
                break;
        }
    }

    private static void Right(RowOperation operation, ReadOnlySpan<float> a, float b, Span<float> y)
    {
        switch (operation)
        {
            case RowOperation.Add:
                TensorPrimitives.Add(a, b, y);
                break;
            case RowOperation.Sub:
                TensorPrimitives.Subtract(a, b, y);
                break;
            case RowOperation.Mul:
                TensorPrimitives.Multiply(a, b, y);
                break;
            default:
                TensorPrimitives.Divide(a, b, y);
                break;
        }
    }

    private static void Left(RowOperation operation, float a, ReadOnlySpan<float> b, Span<float> y)
    {
        switch (operation)
        {
            case RowOperation.Sub:
                TensorPrimitives.Subtract(a, b, y);
                break;
            case RowOperation.Div:
                TensorPrimitives.Divide(a, b, y);
                break;
            default:
                Right(operation, b, a, y);
                break;
        }
    }
}
