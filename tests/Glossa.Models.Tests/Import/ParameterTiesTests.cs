using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using NUnit.Framework;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Import.ImportGraphs;

namespace Glossa.Models.Tests.Import;

/// <summary>A weight that an exporter wrote twice is one parameter.</summary>
[TestFixture]
public sealed class ParameterTiesTests
{
    [Test]
    public void Find_EqualMatrices_AreOneParameter()
    {
        ImportedModel model = Two(Matrix, Matrix);
        Assert.That(model.Names(), Is.EqualTo(new[] { "a" }));
        Assert.That(model.Parameters[0].Twins.Single(), Is.EqualTo(new ParameterTwin("b", null) { Source = model.Parameters[0].Twins[0].Source }));
        Assert.That(model.Notes.Single(), Does.Contain("'b'").And.Contain("'a'"));
    }

    [Test]
    public void Find_TransposedMatrix_IsOneParameter()
    {
        ImportedModel model = Two(Matrix, Transposed(Matrix));
        Assert.That(model.Parameters.Single().Twins.Single().Permutation, Is.EqualTo(new[] { 1, 0 }));
        // A change of the parameter reaches the twin with its axes exchanged.
        ModelProto written = Changed(model, v => v + 1);
        Assert.That(Floats(written.Graph.Initializer[1]), Is.EqualTo(Transposed(Floats(written.Graph.Initializer[0]))));
    }

    [Test]
    public void Find_DifferentMatrices_StayApart() => Assert.That(Two(Matrix, Values("z", 4, 4)).Names(), Has.Length.EqualTo(2));

    /// <summary>The same numbers in an order that no exchange of axes gives.</summary>
    [Test]
    public void Find_ShuffledMatrix_StaysApart() => Assert.That(Two(Matrix, [.. Matrix.Reverse()]).Names(), Has.Length.EqualTo(2));

    /// <summary>Fresh weights are all ones or zeros: no sign of sharing.</summary>
    [TestCase(0f)]
    [TestCase(1f)]
    public void Find_ConstantMatrices_StayApart(float value)
    {
        float[] filled = [.. Enumerable.Repeat(value, 16)];
        Assert.That(Two(filled, filled).Names(), Has.Length.EqualTo(2));
    }

    [Test]
    public void Find_PermutedAxesOfHigherRank_AreFound()
    {
        float[] values = Values("a", 2, 3, 4);
        float[] moved = new float[24];
        for (int i = 0; i < 24; i++) moved[(i % 4 * 6) + (i / 12 * 3) + (i / 4 % 3)] = values[i];
        Dictionary<string, (TensorProto First, int[]? Permutation)> ties = ParameterTies.Find([Tensor("a", [2, 3, 4], values), Tensor("b", [4, 2, 3], moved)]);
        Assert.That(ties["b"].Permutation, Is.EqualTo(new[] { 2, 0, 1 }));
    }

    [Test]
    public void Find_ThreeOfAKind_AllFollowTheFirst()
    {
        Dictionary<string, (TensorProto First, int[]? Permutation)> ties = ParameterTies.Find(
            [Tensor("a", [4, 4], Matrix), Tensor("b", [4, 4], Transposed(Matrix)), Tensor("c", [4, 4], Matrix)]);
        Assert.That(ties.Values.Select(t => t.First.Name), Is.EqualTo(new[] { "a", "a" }));
    }

    private static float[] Matrix => Values("matrix", 4, 4);

    private static float[] Transposed(float[] matrix) => [.. Enumerable.Range(0, 16).Select(i => matrix[(i % 4 * 4) + (i / 4)])];

    private static ImportedModel Two(float[] a, float[] b)
    {
        ModelProto model = Model((g, x) => g.MatMul(g.MatMul(x, g.Initializer(Tensor("a", [4, 4], a))), g.Initializer(Tensor("b", [4, 4], b)), "y"));
        ImportedModel imported = model.Import();
        AssertSame(model, imported.Forward);
        return imported;
    }
}
