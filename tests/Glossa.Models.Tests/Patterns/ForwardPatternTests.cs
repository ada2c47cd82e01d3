using Glossa.Models.Building;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Models.Tests.Evaluation;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Patterns;

/// <summary>What holds whatever the pattern is: names, outputs, nodes without effect, and where patterns run.</summary>
[TestFixture]
public sealed class ForwardPatternTests
{
    [Test]
    public void Apply_NodesWithoutEffect_AreTakenOut()
    {
        PatternCase test = new(1);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 2, 3, 4);
        Value same = g.Op("Identity", [g.Cast(g.Op("Dropout", [x]), DataType.Float)]);
        Value turned = g.Transpose(g.Transpose(same, [0, 2, 1]), [2, 0, 1]);
        Value back = g.Transpose(turned, [1, 0, 2]);
        test.Output(g.Reshape(g.Reshape(g.Op("Exp", [back]), [-1, 3]), [3, 8]));
        test.Check(counts => counts.Inert > 0 ? 1 : 0, 1, null);
        Assert.That(Rewritten(g.Graph, "x").Node.Select(n => n.OpType), Is.EquivalentTo((string[])["Exp", "Reshape"]));
    }

    [Test]
    public void Apply_OutputThatIsRewritten_KeepsItsName()
    {
        PatternCase test = new(1);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 2, 3);
        test.Output(g.Mul(x, g.Op("Sigmoid", [x]), "hidden"));
        GraphProto rewritten = Rewritten(g.Graph, "x");
        Assert.That(rewritten.Output.Select(o => o.Name), Is.EqualTo((string[])["hidden"]));
        Assert.That(rewritten.Node.Single().Output, Is.EqualTo((string[])["hidden"]));
    }

    [Test]
    public void Apply_OutputThatIsAnInput_StaysReadable()
    {
        GraphBuilder g = new(new GraphProto { Name = "copy" });
        Value x = g.Input("x", DataType.Float, 2), y = g.Op("Identity", [x], "y");
        g.Output(y, DataType.Float, 2);
        ForwardPatterns.Apply(g.Graph, new HashSet<string>());
        Dictionary<string, DoubleTensor> feeds = new() { ["x"] = DoubleTensor.Reals([2], 1, 2) };
        Assert.That(new DoubleEvaluator(g.Graph).Run(feeds, "y")["y"].Data, Is.EqualTo((double[])[1, 2]));
    }

    /// <summary>Rewriting would change the bits of trainings that are compared with earlier ones.</summary>
    [Test]
    public void Build_OwnTrainingForm_IsLeftAsItIs()
    {
        TransformerOptions options = new() { ModelType = "qwen3", FeedForwardKind = FeedForwardKind.SwiGlu, Vocabulary = 9, TextVocabulary = 7, Layers = 1, Width = 8, Heads = 2, KeyValueHeads = 2, HeadSize = 4, FeedForward = 8, Context = 8 };
        ModelProto forward = TrainingGraph.Build(options, TransformerParameters.Of(options).ToDictionary(p => p.Name, p => p.Initialize(1)));
        Assert.That(Build(timeMajor: true).Model.Graph.Node.Select(n => n.OpType), Does.Not.Contain("QuickGelu"));
        Assert.That(Build(timeMajor: false).Model.Graph.Node.Select(n => n.OpType), Does.Contain("QuickGelu"));

        StepModel Build(bool timeMajor) => TrainingStep.Build(forward, new StepOptions { TimeMajor = timeMajor });
    }

    /// <summary>A learned table of positions that is cut to the length of the batch has the gradient of that length, with no axis found when the graph runs.</summary>
    [Test]
    public void Build_CutPositions_NeedNoAxesAtRunTime()
    {
        GraphBuilder g = new(new GraphProto { Name = "positions" });
        Value ids = g.Input("input_ids", DataType.Int64, "batch", "sequence");
        Value end = g.Gather(g.Shape(ids), g.Ints(1));
        Value table = g.Initializer(OnnxFactory.Tensor("places", [8, 4], new float[32])), words = g.Initializer(OnnxFactory.Tensor("words", [5, 4], new float[20]));
        Value cut = g.Unsqueeze(g.Op("Slice", [table, g.Ints(0), end, g.Ints(0)]), [0]);
        Value logits = g.Add(g.Gather(words, ids), cut, "logits");
        g.Output(logits, DataType.Float, "batch", "sequence", 4);
        ModelProto model = new() { IrVersion = 10, Graph = g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        StepModel step = TrainingStep.Build(model, new StepOptions { Loss = LossKind.TokenClassification });
        Assert.That(step.Model.Graph.Node.Count(n => n.Name.StartsWith("backward.", StringComparison.Ordinal) && n.OpType == "NonZero"), Is.Zero);
    }

    private static GraphProto Rewritten(GraphProto graph, params string[] parameters)
    {
        GraphProto copy = graph.Clone();
        ForwardPatterns.Apply(copy, parameters.ToHashSet());
        return copy;
    }
}
