using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Optimization;
using Glossa.Models.Tests.Quantization;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Optimization;

/// <summary>Every pass alone, on graphs of drawn sizes and weights: it finds its pattern, writes its operator, and the graph computes the same.</summary>
[TestFixture]
public sealed class PassTests
{
    private static readonly Gen<GraphSizes> s_sizes = Gen.Select(Gen.Int[1, 3], Gen.Int[1, 6], Gen.Int[1, 4], Gen.Int[2, 8], Gen.ULong[1, 1_000_000])
        .Select(drawn => new GraphSizes(drawn.Item1, drawn.Item2, drawn.Item3, 2 * drawn.Item4, drawn.Item5));

    /// <param name="Pass">Its name.</param>
    /// <param name="Build">The graph.</param>
    /// <param name="Found">How often the pattern is there.</param>
    /// <param name="Writes">The operator that has to be in the result; null where the pass only takes out.</param>
    private sealed record Case(string Pass, Func<DrawnGraph, ModelProto> Build, int Found, string? Writes, long Opset = 21);

    private static readonly Dictionary<string, Case> s_cases = new()
    {
        ["fold"] = new("fold", g => g.Out(g.G.Mul(g.X, g.G.Cast(g.G.Add(g.G.Constant(2L), g.G.Constant(3L)), DataType.Float))), 2, null),
        ["inert"] = new("inert", g => g.Out(g.G.Add(g.G.Op("Identity", [g.G.Cast(g.X, DataType.Float)]), g.C(1))), 2, null),
        ["layer norm"] = new("norms", g => g.Out(g.LayerNorm(g.X)), 1, "LayerNormalization"),
        ["rms norm"] = new("norms", g => g.Out(g.RmsNorm(g.X)), 1, "SimplifiedLayerNormalization"),
        ["gelu"] = new("gelu", g => g.Out(g.Gelu(g.X)), 1, "Gelu"),
        ["tanh gelu"] = new("gelu", g => g.Out(g.TanhGelu(g.X)), 1, "FastGelu"),
        ["silu"] = new("gelu", g => g.Out(g.Silu(g.X)), 1, "QuickGelu"),
        ["rotary"] = new("rotary", g => g.Out(g.Joined(g.Rotated(g.Heads(g.X)))), 1, "RotaryEmbedding"),
        ["attention"] = new("attention", g => g.Out(g.Attention(rotary: false)), 1, "MultiHeadAttention"),
        ["attention with rotary positions"] = new("attention", g => g.Out(g.Attention(rotary: true)), 1, "MultiHeadAttention"),
        ["skip layer norm"] = new("skip-norm", g => g.Out(g.LayerNorm(g.G.Add(g.X, g.Linear(g.X, bias: true)))), 1, "SkipLayerNormalization"),
        ["skip rms norm, its sum read twice"] = new("skip-norm", g =>
        {
            Value sum = g.G.Add(g.X, g.Linear(g.X, bias: false));
            return g.Out(g.G.Add(sum, g.RmsNorm(sum)));
        }, 1, "SkipSimplifiedLayerNormalization"),
        ["bias gelu"] = new("bias-gelu", g => g.Out(g.Gelu(g.Linear(g.X, bias: true))), 1, "BiasGelu"),
        ["bias tanh gelu"] = new("bias-gelu", g => g.Out(g.TanhGelu(g.Linear(g.X, bias: true))), 1, "FastGelu"),
        ["standard rms norm"] = new("rms-standard", g => g.Out(g.RmsNorm(g.X)), 1, "RMSNormalization", 23),
        ["share"] = new("share", g =>
        {
            float[] weights = Runtime.Normal(g.Width * g.Width, 3), turned = [.. Enumerable.Range(0, weights.Length).Select(i => weights[i % g.Width * g.Width + i / g.Width])];
            Value Stored(string name, float[] data) => g.G.Initializer(OnnxFactory.Tensor(name, [g.Width, g.Width], data));
            return g.Out(g.G.MatMul(g.X, Stored("a", weights)), g.G.MatMul(g.X, Stored("b", weights)), g.G.MatMul(g.X, Stored("c", turned)));
        }, 2, null),
        ["dead code"] = new("dead-code", g =>
        {
            g.G.Op("Exp", [g.X]);
            return g.Out(g.G.Add(g.G.Op("Tanh", [g.X]), g.G.Op("Tanh", [g.X])));
        }, 2, null),
    };

    private static IEnumerable<string> Names => s_cases.Keys;

    [TestCaseSource(nameof(Names))]
    public void Optimize_OnePass_FindsItsPatternAndChangesNoResult(string name)
    {
        Case test = s_cases[name];
        s_sizes.Sample(sizes =>
        {
            DrawnGraph drawn = new(sizes, test.Opset);
            ModelProto model = test.Build(drawn);
            OptimizationResult result = GraphOptimizer.Optimize(model, new OptimizationOptions { Passes = [test.Pass] });
            Assert.That(result.Count(test.Pass), Is.EqualTo(test.Found), $"{sizes}");
            if (test.Writes is { } operation) Assert.That(result.Model.Graph.Node.Select(node => node.OpType), Has.Member(operation));
            else Assert.That(result.Model.CalculateSize(), Is.LessThan(model.CalculateSize()));
            Assert.That(Runtime.RelativeError(drawn.Run(result.Model), drawn.Run(model)), Is.LessThan(3e-6), $"{sizes}");
        }, iter: 10, threads: 1);
    }

    [Test]
    public void Optimize_AllPasses_AreTriedAlone() =>
        Assert.That(s_cases.Values.Select(test => test.Pass).Distinct(), Is.EquivalentTo(OptimizationPasses.Descriptions.Select(pass => pass.Name)));

    [TestCase("rms norm")]
    [TestCase("gelu")]
    public void Optimize_ValueThatIsAnOutputToo_StaysThere(string name)
    {
        DrawnGraph drawn = new(new GraphSizes(2, 3, 2, 4, 9), 21);
        Value inner = drawn.G.Op("Tanh", [drawn.X]);
        drawn.Out(inner, name == "gelu" ? drawn.Gelu(inner) : drawn.RmsNorm(inner));
        ModelProto optimized = GraphOptimizer.Optimize(drawn.Model).Model;
        Assert.That(Runtime.RelativeError(drawn.Run(optimized), drawn.Run(drawn.Model)), Is.LessThan(3e-6));
        Assert.That(optimized.Graph.Output, Is.EqualTo(drawn.Model.Graph.Output));
    }
}
