using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Tests.Evaluation;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Gradients;

[TestFixture]
public sealed class ReverseModeTests
{
    [Test]
    public void Differentiate_DynamicAxes_OneGraphServesEveryShape()
    {
        GraphBuilder g = Attention();
        Value seed = g.Input("seed", DataType.Float, "batch", "sequence", 8);
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(
            g, new Dictionary<string, Value> { ["y"] = seed }, ["x", "table", "weight", "gain", "bias"], ShapeMap.Infer(g.Graph));
        string[] wanted = [.. gradients.Values.Select(v => v.Name)];
        using Microsoft.ML.OnnxRuntime.InferenceSession session = new(Google.Protobuf.MessageExtensions.ToByteArray(RuntimeEvaluator.Model(g.Graph, wanted)));
        foreach ((int batch, int sequence) in ((int, int)[])[(2, 3), (1, 5), (4, 1)])
        {
            Dictionary<string, DoubleTensor> feeds = Feeds(batch, sequence);
            IReadOnlyDictionary<string, DoubleTensor> expected = new DoubleEvaluator(g.Graph).Run(feeds, wanted);
            IReadOnlyDictionary<string, DoubleTensor> actual = RuntimeEvaluator.Run(session, feeds, wanted);
            foreach ((string target, Value gradient) in gradients)
            {
                Assert.That(actual[gradient.Name].Shape, Is.EqualTo(feeds[target].Shape), target);
                Assert.That(() => RuleCheck.Compare(target, gradient.Name, actual[gradient.Name], expected[gradient.Name], 1e-4), Throws.Nothing);
            }
        }
    }

    /// <summary>Embedding, projection, split heads, attention and normalization with shapes read from the input, as exporters write them.</summary>
    private static GraphBuilder Attention()
    {
        GraphBuilder g = new(new GraphProto { Name = "attention" });
        Value ids = g.Input("ids", DataType.Int64, "batch", "sequence"), x = g.Input("x", DataType.Float, "batch", "sequence", 8);
        Value table = g.Input("table", DataType.Float, 11, 8), weight = g.Input("weight", DataType.Float, 8, 8);
        Value gain = g.Input("gain", DataType.Float, 8), bias = g.Input("bias", DataType.Float, 8);
        Value shape = g.Shape(ids);
        Value heads = g.Concat([g.Gather(shape, g.Ints(0)), g.Gather(shape, g.Ints(1)), g.Ints(2, 4)], 0);
        Value hidden = g.Add(g.Add(g.MatMul(g.Add(x, g.Gather(table, ids)), weight), bias), x);
        Value q = g.Transpose(g.Reshape(hidden, heads), [0, 2, 1, 3]);
        Value mixed = g.MatMul(g.Softmax(g.MatMul(q, g.Transpose(q, [0, 1, 3, 2]))), q);
        Value merged = g.Reshape(g.Transpose(mixed, [0, 2, 1, 3]), g.Concat([g.Gather(shape, g.Ints(0)), g.Gather(shape, g.Ints(1)), g.Ints(-1)], 0));
        g.Op("LayerNormalization", [merged, gain, bias], "y");
        return g;
    }

    private static Dictionary<string, DoubleTensor> Feeds(int batch, int sequence)
    {
        RuleCase draw = new((batch * 10) + sequence, false);
        DoubleTensor Real(params int[] shape) => draw.Feeds[draw.Fixed(shape).Name];
        return new()
        {
            ["ids"] = draw.Feeds[draw.Indices([batch, sequence], 11).Name],
            ["x"] = Real(batch, sequence, 8),
            ["table"] = Real(11, 8),
            ["weight"] = Real(8, 8),
            ["gain"] = Real(8),
            ["bias"] = Real(8),
            ["seed"] = Real(batch, sequence, 8),
        };
    }

    [Test]
    public void Differentiate_KnownShapes_WritesNoRunTimeShapes()
    {
        GraphBuilder g = Attention();
        int before = g.Graph.Node.Count;
        ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = new("x") }, ["x", "table", "weight", "gain", "bias"], ShapeMap.Infer(g.Graph));
        Assert.That(g.Graph.Node.Skip(before).Select(n => n.OpType), Has.None.EqualTo("NonZero"));
    }

    [Test]
    public void Differentiate_UnreachedAndIntegerTargets_HaveNoEntry()
    {
        GraphBuilder g = new(new GraphProto());
        Value a = g.Input("a", DataType.Float, 3), b = g.Input("b", DataType.Float, 3), ids = g.Input("ids", DataType.Int64, 3);
        g.Mul(b, b, "elsewhere");
        Value y = g.Gather(a, ids, 0, "y");
        Value stopped = g.Cast(g.Cast(b, DataType.Int64), DataType.Float);
        g.Add(y, stopped, "z");
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["z"] = a }, ["a", "b", "ids"], ShapeMap.Infer(g.Graph));
        Assert.That(gradients.Keys, Is.EquivalentTo((string[])["a"]));
    }

    [Test]
    public void Differentiate_SeveralUses_AddsContributionsOnce()
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float, 2);
        Value y = g.Add(g.Mul(x, x), g.Add(x, x), "y");
        Value seed = g.Constant(1f);
        Value ones = g.Op("Expand", [seed, g.Ints(2)], "ones");
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(g, new Dictionary<string, Value> { [y.Name] = ones }, ["x"], ShapeMap.Infer(g.Graph));
        DoubleTensor result = new DoubleEvaluator(g.Graph).Run(new Dictionary<string, DoubleTensor> { ["x"] = DoubleTensor.Reals([2], 3, -1) }, [gradients["x"].Name])[gradients["x"].Name];
        Assert.That(result.Data, Is.EqualTo((double[])[8, 0]));
    }

    [Test]
    public void Differentiate_SeedOnInnerValue_AddsToWhatFlowsThroughIt()
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float), inner = g.Op("Exp", [x], "inner");
        g.Mul(inner, inner, "y");
        Value one = g.Constant(1f);
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = one, ["inner"] = one }, ["x"], ShapeMap.Infer(g.Graph));
        DoubleTensor result = new DoubleEvaluator(g.Graph).Run(new Dictionary<string, DoubleTensor> { ["x"] = DoubleTensor.Reals([], 0.5) }, [gradients["x"].Name])[gradients["x"].Name];
        Assert.That(result.Data[0], Is.EqualTo((2 * Math.Exp(1)) + Math.Exp(0.5)).Within(1e-12));
    }

    [Test]
    public void Differentiate_OperatorWithoutRule_NamesOperatorNodeAndFix()
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float, 4);
        g.Op("Det", [x], "odd");
        InputException error = Assert.Throws<InputException>(() =>
            ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["odd"] = x }, ["x"], ShapeMap.Infer(g.Graph)))!;
        Assert.That(error.Message, Does.Contain("Det").And.Contain("'odd'").And.Contain("glossa ops"));
        Assert.That(error.ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void Differentiate_OperatorWithoutRuleOffThePath_IsLeftAlone()
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float, 4), constant = g.Input("constant", DataType.Float, 4);
        g.Mul(x, g.Op("Det", [constant]), "y");
        Assert.That(ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = x }, ["x"], ShapeMap.Infer(g.Graph)), Contains.Key("x"));
    }

    [Test]
    public void Differentiate_NodesOutOfOrder_SaysWhichValue()
    {
        GraphProto graph = new();
        graph.Node.Add(new NodeProto { OpType = "Neg", Name = "second", Input = { "a" }, Output = { "b" } });
        graph.Node.Add(new NodeProto { OpType = "Neg", Name = "first", Input = { "b" }, Output = { "a" } });
        InputException error = Assert.Throws<InputException>(() =>
            ReverseMode.Differentiate(new GraphBuilder(graph), new Dictionary<string, Value> { ["b"] = new("a") }, ["a"], ShapeMap.Infer(graph)))!;
        Assert.That(error.Message, Does.Contain("'a'").And.Contain("second"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Softmax_RowMaskedAsAWhole_LeavesNoNaNInTheGradient(bool added)
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float, 2, 2), open = g.Input("open", DataType.Bool, 2, 2), hidden = g.Constant(float.NegativeInfinity);
        Value scores = added ? g.Add(x, g.Where(open, g.Constant(0f), hidden)) : g.Where(open, x, hidden);
        Value weights = g.Softmax(scores);
        g.Where(g.Op("IsNaN", [weights]), g.Constant(0f), weights, "y");
        Value seed = g.Input("seed", DataType.Float, 2, 2);
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = seed }, ["x"], ShapeMap.Infer(g.Graph));
        double[] result = new DoubleEvaluator(g.Graph).Run(new Dictionary<string, DoubleTensor>
        {
            ["x"] = DoubleTensor.Reals([2, 2], 1, 2, 3, 4),
            ["open"] = DoubleTensor.Flags([2, 2], true, true, false, false),
            ["seed"] = DoubleTensor.Reals([2, 2], 1, 0, 1, 0),
        }, [gradients["x"].Name])[gradients["x"].Name].Data;
        double p = 1 / (1 + Math.E);
        Assert.That(result, Is.EqualTo((double[])[p * (1 - p), -p * (1 - p), 0, 0]).Within(1e-12));
    }

    [Test]
    public void Dropout_TrainingMode_FollowsTheMaskOfTheForwardRun()
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float, 64);
        Value training = g.Initializer(OnnxFactory.Raw("training", DataType.Bool, [], [1]));
        g.Op("Dropout", [x, g.Constant(0.25f), training], "y", "", OnnxFactory.Attribute("seed", 7L));
        Value seed = g.Input("seed", DataType.Float, 64);
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = seed }, ["x"], ShapeMap.Infer(g.Graph));
        double[] ones = [.. Enumerable.Repeat(1.0, 64)];
        IReadOnlyDictionary<string, DoubleTensor> run = RuntimeEvaluator.Run(
            g.Graph, new Dictionary<string, DoubleTensor> { ["x"] = DoubleTensor.Reals([64], ones), ["seed"] = DoubleTensor.Reals([64], ones) }, ["y", gradients["x"].Name]);
        Assert.That(run["y"].Data.Distinct().Count(), Is.EqualTo(2), "some are dropped, some kept");
        Assert.That(run[gradients["x"].Name].Data, Is.EqualTo(run["y"].Data).Within(1e-6));
    }
}
