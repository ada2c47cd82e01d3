using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Optimization;
using Glossa.Models.Tests.Evaluation;
using Glossa.Models.Tests.Import;
using Glossa.Models.Tests.Quantization;
using NUnit.Framework;

namespace Glossa.Models.Tests.Optimization;

/// <summary>The passes on graphs of real exporters: everything is found, nothing changes but the spelling; skipped where the fixtures are not beside the repository.</summary>
[TestFixture]
public sealed class ExportedGraphTests
{
    private static IEnumerable<string> Names => ExportedFixture.Names;

    /// <param name="Architecture">How the fixtures' names begin.</param>
    private sealed record Expected(string Architecture, int LayerNorms, int RmsNorms, int Activations, int Attentions);

    // What each architecture is made of, whoever exported it.
    private static readonly Expected[] Architectures =
    [
        new("bert-mlm", 6, 0, 3, 2), new("bert-pool", 5, 0, 2, 2), new("distilbert", 5, 0, 2, 2), new("gpt2", 5, 0, 2, 2), new("llama", 0, 5, 2, 2),
        new("qwen2", 0, 5, 2, 2), new("qwen3", 0, 9, 2, 2), new("t5", 0, 12, 4, 6), new("xlm-roberta", 6, 0, 3, 2),
    ];

    [TestCaseSource(nameof(Names))]
    public void Optimize_ExportedGraph_FindsEveryBlock(string name)
    {
        OptimizationResult result = Check(name, AttentionOperator.MultiHead);
        Expected expected = Architectures.Single(a => name.StartsWith(a.Architecture, StringComparison.Ordinal));
        Assert.That(Found(result.Model.Graph) with { Architecture = expected.Architecture }, Is.EqualTo(expected));
        Assert.That(result.NodesAfter, Is.LessThanOrEqualTo(result.NodesBefore));
    }

    [TestCaseSource(nameof(Names))]
    public void Optimize_StandardAttention_FindsEveryBlock(string name)
    {
        OptimizationResult result = Check(name, AttentionOperator.Standard);
        Assert.That(Found(result.Model.Graph).Attentions, Is.EqualTo(Architectures.Single(a => name.StartsWith(a.Architecture, StringComparison.Ordinal)).Attentions));
    }

    private static OptimizationResult Check(string name, AttentionOperator attention)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        ModelProto model = fixture.AsExported();
        OptimizationResult result = GraphOptimizer.Optimize(model, new OptimizationOptions { Attention = attention });
        TestContext.Out.WriteLine($"{name}: {result.NodesBefore} nodes became {result.NodesAfter}: {string.Join(", ", result.Passes.Select(p => $"{p.Name} {p.Rewritten}"))}");
        TestContext.Out.WriteLine(string.Join(", ", result.Model.Graph.Node.GroupBy(n => n.OpType).OrderByDescending(g => g.Count()).Select(g => $"{g.Count()} {g.Key}")));
        string[] outputs = [.. model.Graph.Output.Select(o => o.Name)];
        Assert.That(result.Model.Graph.Output.Select(o => o.Name), Is.EqualTo(outputs));
        IReadOnlyDictionary<string, DoubleTensor> before = RuntimeEvaluator.Run(model.Graph, fixture.Inputs, outputs, OperatorSets.Version(model.OpsetImport)!.Value);
        IReadOnlyDictionary<string, DoubleTensor> after = RuntimeEvaluator.Run(result.Model.Graph, fixture.Inputs, outputs, OperatorSets.Version(result.Model.OpsetImport)!.Value);
        foreach (string output in outputs)
        {
            Assert.That(after[output].Shape, Is.EqualTo(before[output].Shape), output);
            (double[] a, double[] b) = RealPositions.Of(fixture, name, before[output], after[output]);
            Assert.That(a.Zip(b, (x, y) => Math.Abs(x - y)).Max(), Is.LessThan(2e-5 * Math.Max(1, a.Max(Math.Abs))), output);
        }
        return result;
    }

    [Test]
    public void Optimize_WholeSentenceEncoder_FindsEveryBlock()
    {
        if (Runtime.SharedFixture("minilm-full") is not { } folder)
        {
            Assert.Ignore("shared/fixtures/minilm-full is not there");
            return;
        }
        OptimizationResult result = GraphOptimizer.Optimize(ModelImport.ReadOriginal(Path.Combine(folder, "onnx", "model.onnx")));
        Assert.That(Found(result.Model.Graph), Is.EqualTo(new Expected("", 13, 0, 6, 6)));
    }

    private static Expected Found(GraphProto graph)
    {
        int Operators(params string[] types) => graph.Node.Count(n => types.Contains(n.OpType));
        return new Expected("", Operators("LayerNormalization", "SkipLayerNormalization"), Operators("SimplifiedLayerNormalization", "SkipSimplifiedLayerNormalization", "RMSNormalization"),
            Operators("Gelu", "BiasGelu", "FastGelu", "QuickGelu"), Operators("MultiHeadAttention", "GroupQueryAttention", "Attention"));
    }
}
