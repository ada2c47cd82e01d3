using System.Numerics;

namespace Glossa.Models.Quantization;

/// <summary>Dense float64 linear algebra over row-major square matrices, its sums in a fixed order.</summary>
internal static class DenseMath
{
    /// <summary>target += factor * source.</summary>
    public static void AddScaled(Span<double> target, double factor, ReadOnlySpan<double> source)
    {
        int i = 0;
        Vector<double> factors = new(factor);
        for (; i <= target.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Span<double> part = target.Slice(i, Vector<double>.Count);
            (new Vector<double>(part) + factors * new Vector<double>(source[i..])).CopyTo(part);
        }
        for (; i < target.Length; i++) target[i] += factor * source[i];
    }

    /// <summary>
    /// Factors a symmetric positive definite matrix from its last row up: A = R R^T with R upper triangular. Returns R^T, lower triangular.
    /// <paramref name="matrix"/>, of which the lower triangle is read, is overwritten.
    /// </summary>
    /// <exception cref="ArgumentException">The matrix is not positive definite.</exception>
    public static double[] ReverseCholesky(double[] matrix, int size)
    {
        for (int j = size - 1; j >= 0; j--)
        {
            Span<double> row = matrix.AsSpan(j * size, j + 1);
            double pivot = row[j];
            if (!(pivot > 0) || !double.IsFinite(pivot)) throw new ArgumentException($"the matrix is not positive definite at row {j}");
            double root = 1 / Math.Sqrt(pivot);
            for (int i = 0; i <= j; i++) row[i] *= root;
            for (int i = 0; i < j; i++) AddScaled(matrix.AsSpan(i * size, i + 1), -row[i], row[..(i + 1)]);
        }
        return matrix;
    }

    /// <summary>The inverse of a lower triangular matrix, lower triangular too.</summary>
    public static double[] InvertLower(double[] lower, int size)
    {
        double[] inverse = new double[lower.Length];
        for (int i = 0; i < size; i++)
        {
            Span<double> row = inverse.AsSpan(i * size, i + 1);
            for (int j = 0; j < i; j++) AddScaled(row[..(j + 1)], -lower[i * size + j], inverse.AsSpan(j * size, j + 1));
            row[i] = 1;
            double pivot = 1 / lower[i * size + i];
            for (int j = 0; j <= i; j++) row[j] *= pivot;
        }
        return inverse;
    }
}
