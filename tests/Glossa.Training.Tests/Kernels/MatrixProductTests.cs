using CsCheck;
using Glossa.Training.Kernels.Products;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Kernels;

public sealed class MatrixProductTests
{
    [SetUp]
    public void OnlyWhereSupported() => Assume.That(MatrixProduct.IsSupported, "the processor has no AVX2, or AVX-512 as well");

    [Test]
    public void Compute_AnySizesAndStorage_GivesTheProduct()
    {
        Gen<int> size = Gen.OneOf(Gen.Int[1, 40], Gen.Int[250, 270], Gen.Int[500, 530]);
        Gen.Select(size, size, size, Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool).Sample(
            (rows, columns, inner, leftTurned, rightTurned, addend, bias) => Check(rows, columns, inner, leftTurned, rightTurned, addend, bias), iter: 60, threads: 1);
    }

    [Test]
    public void Compute_TallTurnedLeftOperand_GivesTheProduct() => Check(600, 530, 300, leftTurned: true, rightTurned: false, addend: true, bias: false);

    [Test]
    public void Compute_EmptyInnerDimension_GivesWhatIsAdded() => Check(7, 19, 0, leftTurned: true, rightTurned: false, addend: true, bias: true);

    private static unsafe void Check(int rows, int columns, int inner, bool leftTurned, bool rightTurned, bool addend, bool bias)
    {
        using FloatBuffer a = Filled(rows * inner, 1), b = Filled(inner * columns, 2), added = Filled(columns, 3), y = Filled(rows * columns, 4);
        float[] before = y.Span.ToArray();
        const float alpha = 0.5f;
        MatrixProduct.Compute(rows, columns, inner,
            leftTurned ? new Operand((float*)a.Address, 1, rows) : new Operand((float*)a.Address, inner, 1),
            rightTurned ? new Operand((float*)b.Address, 1, inner) : new Operand((float*)b.Address, columns, 1),
            new ProductTarget { Data = (float*)y.Address, RowStride = columns, Alpha = alpha, Addend = addend ? (float*)y.Address : null, AddendStride = columns, Bias = bias ? (float*)added.Address : null });
        for (int i = 0; i < rows; i += Math.Max(1, rows / 13))
        {
            for (int j = 0; j < columns; j++)
            {
                double expected = (addend ? before[i * columns + j] : 0) + (bias ? added.Span[j] : 0);
                for (int k = 0; k < inner; k++) expected += alpha * (double)a.Span[leftTurned ? k * rows + i : i * inner + k] * b.Span[rightTurned ? j * inner + k : k * columns + j];
                Assert.That(y.Span[i * columns + j], Is.EqualTo(expected).Within(1e-5), $"{rows} x {inner} x {columns}, element {i}, {j}");
            }
        }
    }

    private static FloatBuffer Filled(int length, ulong seed)
    {
        FloatBuffer buffer = new(length);
        SeededRandom random = new(seed);
        foreach (ref float value in buffer.Span) value = (float)random.NextDouble() - 0.5f;
        return buffer;
    }
}
