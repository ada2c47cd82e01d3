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
