using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Optimizers;

public class MuonTests
{
    private static readonly OptimizerGroupOptions Muon = new() { Kind = OptimizerKind.Muon, LearningRate = 1 };

    [TestCase(16, 16)]
    [TestCase(48, 12)]
    [TestCase(12, 48)]
    [TestCase(5, 7)]
    public void Step_AnyShape_MovesByANearlyOrthogonalMatrix(int rows, int columns)
    {
        float[] update = Update(rows, columns, Gradient(rows, columns), Muon);
        double scale = Math.Sqrt(Math.Max(1, (double)rows / columns));
        double squares = update.Sum(x => (double)x * x) / (scale * scale);
        // The quintic brings singular values into about [0.7, 1.2].
        Assert.That(squares / Math.Min(rows, columns), Is.InRange(0.5, 1.5));
    }

    /// <summary>The definition in float64, beside the Gram form for wide matrices and the direct form, each well and badly conditioned.</summary>
    [TestCase(24, 30, 1f, 2e-6)]
    [TestCase(32, 128, 1f, 2e-6)]
    [TestCase(128, 32, 1f, 2e-6)]
    [TestCase(24, 30, 1e-4f, 1e-4)]
    [TestCase(32, 128, 1e-4f, 1e-4)]
    public void Step_AnyConditioning_IsNearFloat64(int rows, int columns, float noise, double tolerance)
    {
        float[] gradient = Gradient(rows, columns);
        for (int i = 0; i < gradient.Length; i++) gradient[i] = gradient[i] * noise + MathF.Sin(i / columns) * MathF.Cos(i % columns) * (1 - noise);
        double scale = Math.Sqrt(Math.Max(1, (double)rows / columns));
        double[] expected = [.. Orthogonalized(gradient, rows, columns).Select(x => -x * scale)];
        double worst = Update(rows, columns, gradient, Muon).Zip(expected, (a, b) => Math.Abs(a - b)).Max();
        TestContext.Out.WriteLine($"{rows} x {columns}, noise {noise}: {worst:g3}");
        Assert.That(worst, Is.LessThan(tolerance));
    }

    [Test]
    public void Step_StoredTransposed_GivesTheTransposedUpdate()
    {
        const int Outputs = 40, Inputs = 8;
        float[] gradient = Gradient(Outputs, Inputs), transposed = Transpose(gradient, Outputs, Inputs);
        float[] expected = Update(Outputs, Inputs, gradient, Muon);
        float[] byGroup = Transpose(Update(Inputs, Outputs, transposed, Muon with { Transposed = true }), Inputs, Outputs);
        float[] byName = Transpose(Update(Inputs, Outputs, transposed, Muon, new HashSet<string> { "w" }), Inputs, Outputs);
        Assert.That(byGroup, Is.EqualTo(expected).Within(1e-5));
        Assert.That(byName, Is.EqualTo(byGroup));
        Assert.That(Update(Inputs, Outputs, transposed, Muon)[0], Is.EqualTo(expected[0] / Math.Sqrt(5)).Within(1e-5), "without the flag the scale is 1");
    }

    [Test]
    public void Step_ZeroGradient_LeavesTheMatrix() => Assert.That(Update(6, 9, new float[54], Muon), Is.All.Zero);

    [Test]
    public void Step_ScaledGradient_MovesTheSame()
    {
        float[] gradient = Gradient(12, 20);
        Assert.That(Update(12, 20, [.. gradient.Select(g => g * 1024)], Muon), Is.EqualTo(Update(12, 20, gradient, Muon)).Within(1e-6));
    }

    /// <summary>Newton-Schulz as published, in float64.</summary>
    private static double[] Orthogonalized(float[] gradient, int rows, int columns)
    {
        double norm = Math.Sqrt(gradient.Sum(g => (double)g * g));
        double[] x = [.. gradient.Select(g => g / norm)];
        for (int step = 0; step < 5; step++)
        {
            double[] gram = Product(x, [.. Enumerable.Range(0, x.Length).Select(i => x[i % rows * columns + i / rows])], rows, columns, rows);
            double[] square = Product(gram, gram, rows, rows, rows);
            double[] moved = Product([.. gram.Zip(square, (a, b) => -4.775 * a + 2.0315 * b)], x, rows, rows, columns);
            x = [.. x.Zip(moved, (a, b) => 3.4445 * a + b)];
        }
        return x;
    }

    private static double[] Product(double[] a, double[] b, int rows, int inner, int columns)
    {
        double[] product = new double[rows * columns];
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < inner; i++)
                for (int c = 0; c < columns; c++) product[r * columns + c] += a[r * inner + i] * b[i * columns + c];
        return product;
    }

    private static float[] Update(int rows, int columns, float[] gradient, OptimizerGroupOptions options, IReadOnlySet<string>? transposed = null)
    {
        ParameterLayout layout = new([("w", [rows, columns])]);
        using FloatBuffer parameters = new(layout.Length), gradients = new(layout.Length);
        using Optimizer optimizer = new(layout, new OptimizerOptions { Groups = [options] }, transposed: transposed);
        gradient.CopyTo(gradients.Slice(layout["w"]));
        optimizer.Step(parameters, gradients);
        return parameters.Slice(layout["w"]).ToArray();
    }

    private static float[] Gradient(int rows, int columns)
    {
        SeededRandom random = new(3);
        return [.. Enumerable.Range(0, rows * columns).Select(_ => (float)random.NextNormal())];
    }

    private static float[] Transpose(float[] matrix, int rows, int columns) =>
        [.. Enumerable.Range(0, rows * columns).Select(i => matrix[i % rows * columns + i / rows])];
}
