using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Tests.Evaluation;
using Glossa.Models.Tests.Import;
using NUnit.Framework;

namespace Glossa.Models.Tests.Patterns;

/// <summary>Patterns on graphs of real exporters: nothing changes but the spelling, and everything is recognised; skipped where the fixtures are not beside the repository.</summary>
[TestFixture]
public sealed class ExportedPatternTests
{
    private static IEnumerable<string> Names => ExportedFixture.Names;

    [TestCaseSource(nameof(Names))]
    public void Apply_ExportedGraph_SameOutputsAndGradients(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        ModelProto model = fixture.AsExported();
        string[] parameters = [.. fixture.Parameters.EnumerateObject().Select(p => p.Name)];
        Dictionary<string, DoubleTensor> feeds = fixture.Inputs;
        string main = fixture.MainOutput;
        foreach (ValueInfoProto output in model.Graph.Output.Where(o => o.Name != main).ToArray()) model.Graph.Output.Remove(output);
        long opset = fixture.Opset;

        (Differentiated plain, Differentiated rewritten, PatternCounts counts) =
            Differentiated.Both(model.Graph, feeds, parameters, (graph, wanted) => RuntimeEvaluator.Run(graph, feeds, wanted, opset));
        Dictionary<string, DoubleTensor> expected = plain.Run(Evaluate), actual = rewritten.Run(Evaluate);
        TestContext.Out.WriteLine($"{name}: {counts}; {plain.Graph.Node.Count} nodes became {rewritten.Graph.Node.Count}");
        // A gradient that is zero but for rounding has no digits to compare.
        foreach (string zero in fixture.NearZero) expected.Remove(zero);
        Assert.That(Differentiated.Compare(expected, actual, 2e-5), Is.Empty);
        Assert.That(Found(rewritten.Graph, counts), Is.EqualTo(Architectures.Single(a => name.StartsWith(a.Architecture, StringComparison.Ordinal)) with { Architecture = "" }));

        IReadOnlyDictionary<string, DoubleTensor> Evaluate(GraphProto graph, Dictionary<string, DoubleTensor> inputs, string[] wanted) => RuntimeEvaluator.Run(graph, inputs, wanted, opset);
    }

    /// <param name="Architecture">How the fixtures' names begin.</param>
    private sealed record Expected(string Architecture, int LayerNorms, int RmsNorms, int Gelus, int TanhGelus, int Swishes, int Attentions, int Rotaries);

    // What each architecture is made of, whoever exported it; what an exporter wrote as a single operator counts as well.
    private static readonly Expected[] Architectures =
    [
        new("bert-mlm", 6, 0, 3, 0, 0, 2, 0), new("bert-pool", 5, 0, 2, 0, 0, 2, 0), new("distilbert", 5, 0, 2, 0, 0, 2, 0), new("gpt2", 5, 0, 0, 2, 0, 2, 0),
        new("llama", 0, 5, 0, 0, 2, 2, 4), new("qwen2", 0, 5, 0, 0, 2, 2, 4), new("qwen3", 0, 9, 0, 0, 2, 2, 4), new("t5", 0, 12, 0, 4, 0, 6, 0),
        new("xlm-roberta", 6, 0, 3, 0, 0, 2, 0),
    ];

    private static Expected Found(GraphProto graph, PatternCounts counts)
    {
        int Operators(string type) => graph.Node.Count(n => n.OpType == type && !n.Name.StartsWith("backward.", StringComparison.Ordinal));
        return new Expected("", Operators("LayerNormalization"), Operators("SimplifiedLayerNormalization"), Operators("Gelu"), Operators("FastGelu"), Operators("QuickGelu"),
            counts.Attentions + Operators("Attention"), Operators("RotaryEmbedding"));
    }
}
