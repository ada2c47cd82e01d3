using Glossa.Models.Building;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Models.Tests.Evaluation;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Steps;

/// <summary>Gradients that are added to what their buffers hold, in the places where exporters' weights lie otherwise than ours.</summary>
[TestFixture]
public sealed class GradientAccumulationTests
{
    private const int Batch = 2, Sequence = 3, Width = 4, Inner = 5, Vocabulary = 7;

    [Test]
    public void Build_WeightsReadTransposed_AddUpInTheProduct()
    {
        ModelProto forward = Forward();
        StepOptions options = new() { Loss = LossKind.MaskedLm };
        StepModel plain = TrainingStep.Build(forward, options), accumulating = TrainingStep.Build(forward, options with { Accumulate = true });
        Dictionary<string, DoubleTensor> feeds = Feeds(forward);
        string[] gradients = [.. plain.Parameters.Select(p => StepModel.Gradient(p.Name))];
        IReadOnlyDictionary<string, DoubleTensor> expected = new DoubleEvaluator(plain.Model.Graph).Run(feeds, gradients);
        SeededRandom random = new(5);
        foreach ((string name, long[] shape) in plain.Parameters)
            feeds[StepModel.Accumulator(name)] = DoubleTensor.Reals([.. shape.Select(d => (int)d)], [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => random.NextNormal())]);
        IReadOnlyDictionary<string, DoubleTensor> sums = new DoubleEvaluator(accumulating.Model.Graph).Run(feeds, gradients);
        foreach ((string name, _) in plain.Parameters)
        {
            double[] before = feeds[StepModel.Accumulator(name)].Data, gradient = expected[StepModel.Gradient(name)].Data;
            Assert.That(sums[StepModel.Gradient(name)].Data, Is.EqualTo(before.Zip(gradient, (a, b) => a + b)).Within(1e-12), name);
        }
        string[] added = [.. accumulating.Model.Graph.Node.Where(n => n.OpType == "Add" && n.Input.Any(i => i.StartsWith("acc.", StringComparison.Ordinal))).Select(n => n.Output[0])];
        Assert.That(added, Is.EqualTo((string[])["grad.bias"]), "only a bias needs a pass of its own");
    }

    [Test]
    public void Build_TiedHead_MakesNoTransposedCopyOfTheProbabilities()
    {
        StepModel step = TrainingStep.Build(Forward(), new StepOptions { Loss = LossKind.MaskedLm, Accumulate = true });
        GraphIndex index = new(step.Model.Graph);
        NodeProto gradient = step.Model.Graph.Node.Single(n => n.OpType == "ScatterND" && n.Output[0].EndsWith("gradient", StringComparison.Ordinal));
        NodeProto[] readers = [.. index.Consumers(gradient.Output[0])];
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(readers.Select(n => n.OpType), Has.None.EqualTo("Transpose"), "it is the widest tensor of the step");
        Assert.That(readers.Any(n => n.OpType == "Gemm" && n.Input[2] == StepModel.Accumulator("embedding")), Is.True);
    }

    // A tied head and an inner weight stored [outputs, inputs], as exporters leave them.
    private static ModelProto Forward()
    {
        GraphBuilder g = new(new GraphProto { Name = "tied" });
        Value ids = g.Input("input_ids", DataType.Int64, "batch", "sequence");
        Value embedding = Parameter("embedding", Vocabulary, Width), inner = Parameter("inner", Inner, Width), outer = Parameter("outer", Inner, Width), bias = Parameter("bias", Inner);
        Value hidden = g.Op("Tanh", [g.Add(g.MatMul(g.Gather(embedding, ids), g.Transpose(inner, [1, 0])), bias)]);
        Value logits = g.MatMul(g.Op("Tanh", [g.MatMul(hidden, outer)]), g.Transpose(embedding, [1, 0]), "logits");
        g.Output(logits, DataType.Float, "batch", "sequence", Vocabulary);
        ModelProto model = new() { IrVersion = 10, Graph = g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        return model;

        Value Parameter(string name, params int[] shape)
        {
            SeededRandom random = new((ulong)name.Length);
            return g.Initializer(OnnxFactory.Tensor(name, [.. shape.Select(d => (long)d)], [.. Enumerable.Range(0, DoubleTensor.Count(shape)).Select(_ => (float)random.NextNormal())]));
        }
    }

    private static Dictionary<string, DoubleTensor> Feeds(ModelProto forward)
    {
        Dictionary<string, DoubleTensor> feeds = forward.Graph.Initializer.Where(i => i.DataType == (int)DataType.Float).ToDictionary(i => i.Name, DoubleTensor.FromProto);
        feeds["input_ids"] = DoubleTensor.Wholes([Batch, Sequence], 0, 1, 2, 6, 6, 3);
        feeds[StepModel.Labels] = DoubleTensor.Wholes([Batch, Sequence], 1, StepModel.IgnoredLabel, 3, 4, 0, 6);
        return feeds;
    }
}
