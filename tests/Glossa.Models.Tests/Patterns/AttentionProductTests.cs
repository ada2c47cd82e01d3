using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using NUnit.Framework;

namespace Glossa.Models.Tests.Patterns;

/// <summary>Attentions as exporters write them: scale and transposition in every place, with and without a mask.</summary>
[TestFixture]
public sealed class AttentionProductTests
{
    private const int Batch = 2, Sequence = 3, Heads = 2, Size = 4;

    [Test]
    public void Apply_Attention_ScaleAndTranspositionGoIntoTheProduct(
        [Values("mul", "div", "query", "both", "none")] string scale, [Values("one step", "two steps")] string transposition, [Values] bool masked)
    {
        PatternCase test = new(3);
        GraphBuilder g = test.G;
        Value q = Split(test, "q"), v = Split(test, "v");
        Value k = transposition == "one step"
            ? g.Transpose(Rows(test, "k"), [0, 2, 3, 1])
            : g.Transpose(Split(test, "k"), [0, 1, 3, 2]);
        if (scale is "query" or "both") q = g.Mul(q, g.Constant(scale == "both" ? MathF.Sqrt(0.5f) : 0.5f));
        if (scale == "both") k = g.Mul(k, g.Constant(MathF.Sqrt(0.5f)));
        Value scores = g.MatMul(q, k);
        if (scale == "mul") scores = g.Mul(scores, g.Constant(0.5f));
        if (scale == "div") scores = g.Div(scores, g.Constant(2f));
        if (masked) scores = g.Add(scores, test.Input("mask", DoubleTensor.Reals([Batch, 1, 1, Sequence], 0, 0, -10000, 0, -10000, -10000), "batch", 1, 1, "sequence"));
        Value mixed = g.MatMul(g.Softmax(scores), v);
        test.Output(g.Reshape(g.Transpose(mixed, [0, 2, 1, 3]), [0, 0, Heads * Size]));
        test.Check(counts => counts.Attentions, 1, "FusedMatMul");
        if (scale != "none") Assert.That(Rewritten(g.Graph).Node.Count(n => n.OpType is "Mul" or "Div"), Is.Zero, "scales that are left");
    }

    [Test]
    public void Apply_TrainedScale_StaysAFactor()
    {
        PatternCase test = new(3);
        GraphBuilder g = test.G;
        Value scores = g.Mul(g.MatMul(Split(test, "q"), g.Transpose(Split(test, "k"), [0, 1, 3, 2])), test.Parameter("temperature", 1));
        test.Output(g.MatMul(g.Softmax(scores), Split(test, "v")));
        test.Check(counts => counts.Attentions, 1, "Mul");
    }

    [Test]
    public void Apply_ScoresReadElsewhere_KeepTheirScale()
    {
        PatternCase test = new(3);
        GraphBuilder g = test.G;
        Value raw = g.MatMul(Split(test, "q"), g.Transpose(Split(test, "k"), [0, 1, 3, 2]));
        test.Output(g.MatMul(g.Softmax(g.Mul(raw, g.Constant(0.5f))), Split(test, "v")));
        test.Output(raw);
        test.Check(counts => counts.Attentions, 1, null);
    }

    [Test]
    public void Apply_Mixture_WithoutSoftmaxIsNoAttention()
    {
        PatternCase test = new(3);
        GraphBuilder g = test.G;
        Value scores = g.MatMul(Split(test, "q"), g.Transpose(Split(test, "k"), [0, 1, 3, 2]));
        test.Output(g.MatMul(g.Op("Tanh", [scores]), Split(test, "v")));
        test.Check(counts => counts.Attentions, 0, null);
    }

    private static GraphProto Rewritten(GraphProto graph)
    {
        GraphProto copy = graph.Clone();
        Models.Patterns.ForwardPatterns.Apply(copy, graph.Initializer.Where(i => !i.Name.StartsWith("const.", StringComparison.Ordinal)).Select(i => i.Name).ToHashSet());
        return copy;
    }

    // [batch, sequence, heads, size]
    private static Value Rows(PatternCase test, string name) => test.G.Reshape(test.Parameter(name, Batch, Sequence, Heads * Size), [0, 0, Heads, Size]);

    private static Value Split(PatternCase test, string name) => test.G.Transpose(Rows(test, name), [0, 2, 1, 3]);
}
