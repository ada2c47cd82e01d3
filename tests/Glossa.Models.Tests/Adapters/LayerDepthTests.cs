using Glossa.Models.Adapters;
using Glossa.Models.Onnx;
using Glossa.Models.TaskHeads;
using Glossa.Models.Tests.TaskHeads;
using NUnit.Framework;

namespace Glossa.Models.Tests.Adapters;

public sealed class LayerDepthTests
{
    private static readonly HashSet<string> Head = ["classifier.weight", "classifier.bias"];

    [Test]
    public void In_NamedWeights_TakesTheNumbers()
    {
        GraphProto graph = Graph();
        LayerDepth depth = LayerDepth.In(graph, Head);
        Assert.That(depth.Layers, Is.EqualTo(2));
        Assert.That(depth.Of("classifier.weight"), Is.EqualTo(3));
        foreach (TensorProto tensor in graph.Initializer.Where(i => i.Name.Contains("embeddings", StringComparison.Ordinal))) Assert.That(depth.Of(tensor.Name), Is.Zero, tensor.Name);
        foreach (int layer in (int[])[0, 1])
            foreach (TensorProto tensor in graph.Initializer.Where(i => i.Name.Contains($"layer.{layer}.", StringComparison.Ordinal))) Assert.That(depth.Of(tensor.Name), Is.EqualTo(layer + 1), tensor.Name);
    }

    [Test]
    public void In_AnonymousWeightsBehindNamedNodes_HaveTheSameDepths()
    {
        GraphProto graph = Graph();
        LayerDepth named = LayerDepth.In(graph, Head);
        Dictionary<string, string> names = Anonymize(graph, weightsAlone: true);
        LayerDepth depth = LayerDepth.In(graph, Head);
        foreach ((string old, string anonymous) in names) Assert.That(depth.Of(anonymous), Is.EqualTo(named.Of(old)), old);
    }

    [Test]
    public void In_NothingIsNumbered_DepthsRiseTowardsTheHead()
    {
        GraphProto graph = Graph();
        LayerDepth named = LayerDepth.In(graph, Head);
        Dictionary<string, string> names = Anonymize(graph, weightsAlone: false);
        LayerDepth depth = LayerDepth.In(graph, Head);
        Assert.That(depth.Layers, Is.EqualTo(2));
        Assert.That(depth.Of("classifier.bias"), Is.EqualTo(3));
        // What stands before a softmax counts to the layer before: half a layer is not told apart.
        foreach ((string old, string anonymous) in names.Where(n => n.Key.Contains("layer.", StringComparison.Ordinal)))
            Assert.That(named.Of(old) - depth.Of(anonymous), Is.InRange(0, 1), old);
        Assert.That(depth.Of(names.Single(n => n.Key.Contains("word_embeddings", StringComparison.Ordinal)).Value), Is.Zero);
    }

    private static GraphProto Graph() => ClassificationHead.Attach(BertFixture.Read("feature-extraction"), new HeadOptions { Classes = 3 }).Model.Graph;

    private static Dictionary<string, string> Anonymize(GraphProto graph, bool weightsAlone)
    {
        Dictionary<string, string> names = [];
        foreach (TensorProto tensor in graph.Initializer.Where(t => !Head.Contains(t.Name) && (!weightsAlone || t.Dims.Count == 2)))
        {
            names[tensor.Name] = $"val_{names.Count}";
            tensor.Name = names[tensor.Name];
        }
        for (int n = 0; n < graph.Node.Count; n++)
        {
            NodeProto node = graph.Node[n];
            if (!weightsAlone) node.Name = $"node_{n}";
            for (int i = 0; i < node.Input.Count; i++) node.Input[i] = names.GetValueOrDefault(node.Input[i], node.Input[i]);
        }
        return names;
    }
}
