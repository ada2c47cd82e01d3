using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Tests.Evaluation;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Patterns;

/// <summary>A small graph over random parameters, which patterns rewrite: in double, outputs and gradients have to stay as they were.</summary>
internal sealed class PatternCase(int seed)
{
    private readonly SeededRandom _random = new((ulong)seed);
    private readonly List<string> _targets = [];
    private readonly Dictionary<string, DoubleTensor> _feeds = [];

    public GraphBuilder G { get; } = new(new GraphProto { Name = "case" });

    /// <summary>An initializer that is trained.</summary>
    public Value Parameter(string name, params int[] shape)
    {
        float[] data = [.. Enumerable.Range(0, DoubleTensor.Count(shape)).Select(_ => (float)_random.NextNormal())];
        _targets.Add(name);
        return G.Initializer(OnnxFactory.Tensor(name, [.. shape.Select(d => (long)d)], data));
    }

    /// <summary>An input with symbolic axes.</summary>
    public Value Input(string name, DoubleTensor value, params object[] shape)
    {
        _feeds[name] = value;
        return G.Input(name, value.Type, shape);
    }

    public void Output(Value value) => G.Graph.Output.Add(new ValueInfoProto { Name = value.Name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } } });

    /// <summary>Rewrites and compares: in double to 1e-6 (constants are float32), in the runtime to float rounding.</summary>
    public void Check(Func<PatternCounts, int> count, int expected, string? operation)
    {
        (Differentiated plain, Differentiated rewritten, PatternCounts counts) = Differentiated.Both(G.Graph, _feeds, [.. _targets], (graph, wanted) => new DoubleEvaluator(graph).Run(_feeds, wanted));
        Assert.That(count(counts), Is.EqualTo(expected), counts.ToString());
        if (operation is not null) Assert.That(rewritten.Graph.Node.Select(n => n.OpType), Does.Contain(operation));
        Dictionary<string, DoubleTensor> before = plain.Run((graph, feeds, wanted) => new DoubleEvaluator(graph).Run(feeds, wanted));
        Dictionary<string, DoubleTensor> after = rewritten.Run((graph, feeds, wanted) => new DoubleEvaluator(graph).Run(feeds, wanted));
        Dictionary<string, DoubleTensor> executed = rewritten.Run((graph, feeds, wanted) => RuntimeEvaluator.Run(graph, feeds, wanted, 17));
        Assert.That(before.Keys.Where(k => k.StartsWith("grad.", StringComparison.Ordinal)), Is.Not.Empty);
        Assert.That(Differentiated.Compare(before, after, 1e-6), Is.Empty, "in double");
        Assert.That(Differentiated.Compare(before, executed, 3e-5), Is.Empty, "in the runtime");
    }
}
