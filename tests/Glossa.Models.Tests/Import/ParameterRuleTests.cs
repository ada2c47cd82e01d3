using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using NUnit.Framework;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Import.ImportGraphs;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Import;

/// <summary>What is trained and what is not.</summary>
[TestFixture]
public sealed class ParameterRuleTests
{
    /// <summary>Each builds on hidden states [batch, 4]; the candidate is called p.</summary>
    private static IEnumerable<TestCaseData> Cases()
    {
        yield return Case("MatMulWeight", true, (g, h) => g.MatMul(h, g.Weight("p", 4, 4)));
        yield return Case("WeightOfOneColumn", true, (g, h) => g.MatMul(h, g.Weight("p", 4, 1)));
        yield return Case("VectorOfAProduct", true, (g, h) => g.MatMul(h, g.Weight("p", 4)));
        yield return Case("GemmBias", true, (g, h) => g.Op("Gemm", [h, g.Weight("other", 4, 4), g.Weight("p", 4)]));
        yield return Case("GemmBiasOfOneClass", true, (g, h) => g.Op("Gemm", [h, g.Weight("other", 4, 1), g.Weight("p", 1)]));
        yield return Case("AddBias", true, (g, h) => g.Add(h, g.Weight("p", 4)));
        yield return Case("AddBiasOfOneClass", true, (g, h) => g.Add(g.MatMul(h, g.Weight("other", 4, 1)), g.Weight("p", 1)));
        yield return Case("BiasFirst", true, (g, h) => g.Add(g.Weight("p", 4), h));
        yield return Case("Gain", true, (g, h) => g.Mul(h, g.Weight("p", 4)));
        yield return Case("GainOfOnes", true, (g, h) => g.Mul(h, g.Initializer(Tensor("p", [4], [1f, 1, 1, 1]))));
        yield return Case("BiasOfZeros", true, (g, h) => g.Add(h, g.Initializer(Tensor("p", [4], [0f, 0, 0, 0]))));
        yield return Case("OnePlusGain", true, (g, h) => g.Mul(h, g.Add(g.Weight("p", 4), g.Constant(1f))));
        yield return Case("NormGain", true, (g, h) => g.Op("RMSNormalization", [h, g.Weight("p", 4)]), 23);
        yield return Case("NormBias", true, (g, h) => g.Op("LayerNormalization", [h, g.Weight("other", 4), g.Weight("p", 4)]));
        yield return Case("Table", true, (g, h) => g.Add(h, g.Gather(g.Weight("p", 9, 4), Ids(g), 0)));
        yield return Case("TableOfOneRow", true, (g, h) => g.Add(h, g.Gather(g.Weight("p", 1, 4), g.Ints(0), 0)));
        yield return Case("PositionsBySlice", true, (g, h) => g.Add(h, g.Op("Slice", [g.Weight("p", 9, 4), g.Ints(0), g.Ints(1), g.Ints(0)])));
        yield return Case("OneHotTable", true, (g, h) => g.Add(h, g.MatMul(g.Op("OneHot", [Ids(g), g.Constant(9L), g.Initializer(Tensor("onoff", [2], [0f, 1]))]), g.Weight("p", 9, 4))));
        yield return Case("FusedQueryKeyBias", true, (g, h) => g.Add(g.MatMul(h, g.Weight("other", 4, 8)), g.Op("Concat", [g.Weight("p", 4), g.Weight("also", 4)], null, "", Attribute("axis", 0L))));
        yield return Case("ClassToken", true, (g, h) => g.Op("Concat", [g.Weight("p", 1, 4), h], null, "", Attribute("axis", 0L)));
        yield return Case("WeightNormGain", true, (g, h) => g.MatMul(h, g.Mul(g.Weight("p", 1, 4), g.Div(g.Weight("other", 4, 4), g.Op("ReduceL2", [g.Weight("third", 4, 4)])))));
        yield return Case("ReluSlope", true, (g, h) => g.Op("PRelu", [h, g.Weight("p", 1)]));
        yield return Case("NamedGate", true, (g, h) => g.Mul(h, g.Op("Tanh", [g.Weight("p.gate", 1)])), 21, "p.gate");

        yield return Case("Scalar", false, (g, h) => g.Mul(h, g.Initializer(Tensor("p", [], [0.125f]))));
        yield return Case("ScaleOfShape1", false, (g, h) => g.Mul(h, g.Initializer(Tensor("p", [1], [0.125f]))));
        yield return Case("EpsilonOfShape1", false, (g, h) => g.Div(h, g.Op("Sqrt", [g.Add(g.Op("ReduceSum", [g.Mul(h, h), g.Ints(1)]), g.Initializer(Tensor("p", [1], [1e-6f])))])));
        yield return Case("Mask", false, (g, h) => g.Add(g.MatMul(h, g.Weight("other", 4, 2)), g.Initializer(Tensor("p", [1, 2], [0f, float.NegativeInfinity]))));
        yield return Case("CausalMask", false, (g, h) => g.Add(h, g.Initializer(Tensor("p", [4, 4], Triangle(float.MinValue)))), 21, "p", 4);
        yield return Case("WindowMask", false, (g, h) => g.Add(h, g.Initializer(Tensor("p", [4, 4], Triangle(-100)))), 21, "p", 4);
        yield return Case("LowerTriangle", false, (g, h) => g.Mul(h, g.Initializer(Tensor("p", [4, 4], Triangle(1)))), 21, "p", 4);
        yield return Case("SinusoidalTable", false, (g, h) => g.Add(h, g.Gather(g.Initializer(Tensor("p", [40, 4], Sinusoids(40, 4))), Ids(g), 0)));
        yield return Case("SinusoidalTableWithPadding", false, (g, h) => g.Add(h, g.Gather(g.Initializer(Tensor("p", [40, 4], Blanked(Sinusoids(40, 4)))), Ids(g), 0)));
        yield return Case("CosineCache", false, (g, h) => g.Mul(h, g.Gather(g.Initializer(Tensor("p", [1, 40, 4], Sinusoids(40, 4))), Ids(g), 1)));
        yield return Case("Frequencies", false, (g, h) => g.Mul(h, g.Op("Cos", [g.MatMul(g.Unsqueeze(g.Cast(Ids(g), DataType.Float), [1]), g.Weight("p", 1, 4))])));
        yield return Case("FrequencyVector", false, (g, h) => g.Mul(h, g.Op("Sin", [g.Mul(g.Unsqueeze(g.Cast(Ids(g), DataType.Float), [1]), g.Weight("p", 4))])));
        yield return Case("SlopesOfDistances", false, (g, h) => g.Add(h, g.Mul(g.Unsqueeze(g.Cast(Ids(g), DataType.Float), [1]), g.Weight("p", 4))));
        yield return Case("LinearBias", false, (g, h) => g.Add(h, g.Op("Slice", [g.Initializer(Tensor("p", [40, 4], Ramps(40, 4))), g.Ints(0), g.Ints(1), g.Ints(0)])));
        yield return Case("RunningMean", false, (g, h) => g.Op("BatchNormalization", [h, g.Weight("a", 4), g.Weight("b", 4), g.Weight("p", 4), g.Initializer(Tensor("v", [4], [1f, 2, 3, 4]))]));
        yield return Case("OnlyInComparison", false, (g, h) => g.Where(g.Op("Greater", [h, g.Weight("p", 4)]), h, g.Neg(h)));
        yield return Case("NotRead", false, (g, h) =>
        {
            g.MatMul(h, g.Weight("p", 4, 4));
            return g.Neg(h);
        });
        yield return Case("GainThatAnExporterMadeUp", false, (g, h) => g.Op("LayerNormalization", [h, g.Op("Constant", [], "p", "", Attribute("value", Tensor("", [4], [1f, 1, 1, 1])))]));

        static TestCaseData Case(string name, bool trained, Func<GraphBuilder, Value, Value> build, long opset = 21, string candidate = "p", int batch = 3) =>
            new TestCaseData(trained, build, opset, candidate, batch).SetArgDisplayNames(name);
        static Value Ids(GraphBuilder g) => g.Input("ids", DataType.Int64, "tokens");
    }

    [TestCaseSource(nameof(Cases))]
    public void Choose_ByRole(bool trained, Func<GraphBuilder, Value, Value> build, long opset, string candidate, int batch)
    {
        ModelProto model = Model((g, x) => build(g, g.MatMul(x, g.Weight("embedding", 4, 4), "hidden")), opset);
        // The graph is one that runs.
        Assert.That(Run(model, batch), Is.Not.Empty);
        string[] names = model.Import().Names();
        Assert.That(names, Does.Contain("embedding").Or.Contain("p"));
        Assert.That(names.Contains(candidate), Is.EqualTo(trained), string.Join(", ", names));
    }

    [Test]
    public void Choose_TrainPattern_AddsWhatTheRuleLeaves()
    {
        ModelProto model = Model((g, x) => g.Mul(g.MatMul(x, g.Weight("w", 4, 4)), g.Initializer(Tensor("scale", [1], [2f])), "y"));
        Assert.That(model.Import().Names(), Is.EqualTo(new[] { "w" }));
        Assert.That(model.Import(new ImportOptions { Train = ["sc*"] }).Names(), Is.EqualTo(new[] { "w", "scale" }));
    }

    [Test]
    public void Choose_FreezePattern_Wins() =>
        Assert.That(Linear().Import(new ImportOptions { Train = ["*"], Freeze = ["*.bias"] }).Names(), Is.EqualTo(new[] { "layer.weight" }));

    [Test]
    public void Choose_PatternThatMatchesNothing_NamesTheNearest() =>
        AssertRefused(() => Linear().Import(new ImportOptions { Freeze = ["layer.wieght"] }), "'layer.wieght'", "did you mean 'layer.weight'");

    private static float[] Triangle(float value) => [.. Enumerable.Range(0, 16).Select(i => i % 4 > i / 4 ? value : 0)];

    private static float[] Sinusoids(int positions, int width) => [.. Enumerable.Range(0, positions * width).Select(i =>
    {
        double angle = i / width * Math.Pow(100, -(i % width / 2 * 2.0 / width));
        return (float)(i % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
    })];

    private static float[] Blanked(float[] table)
    {
        table.AsSpan(4, 4).Clear();
        return table;
    }

    private static float[] Ramps(int positions, int width) => [.. Enumerable.Range(0, positions * width).Select(i => -(i / width) * MathF.Pow(2, -(i % width)))];
}
