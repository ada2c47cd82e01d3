using Glossa.Models.Building;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Verification;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Training.Tests.Verification;

[TestFixture]
internal sealed class StepRunnerTests
{
    private static StepModel Step(LossKind loss = LossKind.MaskedLm) => TrainingStep.Build(Forward(), new StepOptions { Loss = loss });

    private static ModelProto Forward()
    {
        GraphBuilder g = new(new GraphProto { Name = "forward" });
        SeededRandom random = new(3);
        Value ids = g.Input("input_ids", DataType.Int64, "batch", "sequence");
        Value table = g.Initializer(OnnxFactory.Tensor("table", [7, 4], [.. Enumerable.Range(0, 28).Select(_ => (float)random.NextNormal())]));
        Value head = g.Initializer(OnnxFactory.Tensor("head", [4, 5], [.. Enumerable.Range(0, 20).Select(_ => (float)random.NextNormal())]));
        Value logits = g.MatMul(g.Op("Tanh", [g.Gather(table, ids)]), head, "logits");
        g.Output(logits, DataType.Float, "batch", "sequence", 5);
        ModelProto model = new() { IrVersion = 10, Graph = g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 21 });
        return model;
    }

    private static FeedTensor[] Feeds(params long[] labelShape) =>
    [
        new("input_ids", DataType.Int64, [2, 3], new long[] { 1, 2, 3, 4, 5, 6 }),
        new("labels", DataType.Int64, labelShape, Enumerable.Range(0, (int)labelShape.Aggregate(1L, (a, b) => a * b)).Select(i => (long)(i % 5)).ToArray()),
    ];

    [TestCase("sequence is 3 in 'input_ids'", 2, 2)]
    [TestCase("batch is 2 in 'input_ids'", 3, 3)]
    [TestCase("the step takes [batch, sequence]", 6)]
    public void Run_LabelsOfAnotherShape_SaysWhichAndWhy(string expected, params int[] shape)
    {
        using StepRunner runner = new(Step());
        Assert.That(() => runner.Run(Feeds([.. shape.Select(size => (long)size)])),
            Throws.TypeOf<InputException>().With.Message.Contains("'labels' has the shape [" + string.Join(", ", shape)).And.Message.Contains(expected));
    }

    [Test]
    public void Run_InputMissing_NamesIt()
    {
        using StepRunner runner = new(Step());
        Assert.That(() => runner.Run([Feeds(2, 3)[0]]), Throws.TypeOf<InputException>().With.Message.Contains("'labels'"));
    }

    [Test]
    public void Run_LabelBeyondTheClasses_IsOneLineWithoutTheRuntimesPlaces()
    {
        using StepRunner runner = new(Step());
        FeedTensor[] feeds = Feeds(2, 3);
        ((long[])feeds[1].Data)[0] = 99;
        InputException error = Assert.Throws<InputException>(() => runner.Run(feeds))!;
        Assert.That(error.Message, Does.Not.Contain("\n").And.Contain("labels"));
    }

    [Test]
    public void Loss_SameWeights_IsTheLossOfTheWholeStep()
    {
        using StepRunner runner = new(Step());
        runner.Load(Forward().Graph);
        Assert.That(runner.Loss(Feeds(2, 3)), Is.EqualTo(runner.Run(Feeds(2, 3))).Within(1e-6));
    }

    [TestCase("grad.table", VerificationChecks.AlongGradient)]
    [TestCase("grad.head", VerificationChecks.AlongGradient)]
    public void Differences_GradientTooLarge_Fails(string gradient, string check)
    {
        Assert.That(Differences(Step()), Is.Empty);
        Assert.That(Differences(Changed(Step(), gradient, (g, right) => g.Mul(right, g.Constant(1.2f)))), Does.Contain(check));
    }

    [Test]
    public void Differences_GradientMissesAPart_FailsAlongADrawnDirection() =>
        Assert.That(Differences(Changed(Step(), "grad.head", (g, right) => g.Mul(right, g.Initializer(OnnxFactory.Tensor("half", [1, 5], [1f, 1f, 1f, 0f, 0f]))))),
            Does.Contain(VerificationChecks.AlongDrawn));

    private static string[] Differences(StepModel step)
    {
        using StepRunner runner = new(step);
        runner.Load(Forward().Graph);
        return [.. DifferenceVerification.Check(runner, Feeds(2, 3)).Checks.Where(result => !result.Passed).Select(result => result.Name)];
    }

    private static StepModel Changed(StepModel step, string gradient, Func<GraphBuilder, Value, Value> change)
    {
        ModelProto model = step.Model.Clone();
        NodeProto source = model.Graph.Node.First(node => node.Output.Contains(gradient));
        source.Output[source.Output.IndexOf(gradient)] = "right";
        NodeProto made = new() { OpType = "Identity", Input = { change(new GraphBuilder(model.Graph), new Value("right")).Name }, Output = { gradient } };
        model.Graph.Node.Add(made);
        return step with { Model = model };
    }

    [Test]
    public void Cut_FromTheBack_KeepsTheLastColumns()
    {
        FeedTensor cut = Feeds(2, 3)[0].Cut([1, 2], fromBack: true);
        Assert.That((long[])cut.Data, Is.EqualTo((long[])[2, 3]));
        Assert.That(cut.Shape, Is.EqualTo((long[])[1, 2]));
    }
}
