using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Models.Tests.Evaluation;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Steps;

[TestFixture]
public sealed class TrainingStepTests
{
    private static (GraphBuilder G, ModelProto Model) Forward(long opset = 21)
    {
        GraphBuilder g = new(new GraphProto { Name = "forward" });
        Value ids = g.Input("ids", DataType.Int64, "batch");
        Value table = g.Initializer(OnnxFactory.Tensor("table", [4, 3], [.. Enumerable.Range(0, 12).Select(i => (float)Math.Sin(i))]));
        g.Gather(table, ids, 0, "rows");
        ModelProto model = new() { IrVersion = 10, Graph = g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
        return (g, model);
    }

    private static IReadOnlyDictionary<string, DoubleTensor> Run(StepModel step, params (string Name, DoubleTensor Value)[] more)
    {
        Dictionary<string, DoubleTensor> feeds = new()
        {
            ["ids"] = DoubleTensor.Wholes([2], 1, 3),
            ["labels"] = DoubleTensor.Wholes([2], 0, 2),
            ["table"] = DoubleTensor.Reals([4, 3], [.. Enumerable.Range(0, 12).Select(i => Math.Sin(i))]),
        };
        foreach ((string name, DoubleTensor value) in more) feeds[name] = value;
        return RuntimeEvaluator.Run(step.Model.Graph, feeds, [.. step.Model.Graph.Output.Select(o => o.Name)], step.Model.OpsetImport[0].Version);
    }

    [TestCase("loss")]
    [TestCase("labels")]
    [TestCase("grad.table")]
    [TestCase("acc.table")]
    public void Build_InnerValueHasANameOfTheStep_GetsAnother(string name)
    {
        (GraphBuilder g, ModelProto model) = Forward();
        Value plain = g.Op("Tanh", [new("rows")], "plain"), taken = g.Op("Tanh", [new("rows")], name);
        model.Graph.Output.Add(new ValueInfoProto { Name = plain.Name });
        DoubleTensor accumulator = DoubleTensor.Of(DataType.Float, [4, 3]);
        StepOptions options = new() { Loss = LossKind.SequenceClassification, Accumulate = true };
        IReadOnlyDictionary<string, DoubleTensor> expected = Run(TrainingStep.Build(model, options), ("acc.table", accumulator));
        model.Graph.Output[0].Name = taken.Name;
        IReadOnlyDictionary<string, DoubleTensor> actual = Run(TrainingStep.Build(model, options), ("acc.table", accumulator));
        Assert.That(actual.Keys, Is.EqualTo(expected.Keys));
        foreach ((string output, DoubleTensor value) in expected) Assert.That(actual[output].Data, Is.EqualTo(value.Data), output);
        Assert.That(model.Graph.Output[0].Name, Is.EqualTo(name), "the forward graph itself is not changed");
    }

    [Test]
    public void Build_GraphExportedWithLabels_UsesThem()
    {
        (GraphBuilder g, ModelProto model) = Forward();
        g.Input("labels", DataType.Int64, "batch");
        model.Graph.Output.Add(new ValueInfoProto { Name = "rows" });
        StepModel step = TrainingStep.Build(model, new StepOptions { Loss = LossKind.SequenceClassification });
        Assert.That(step.Model.Graph.Input.Select(input => input.Name), Is.EqualTo((string[])["ids", "labels", "table"]));
        Assert.That(Run(step)["loss"].Data[0], Is.GreaterThan(0));
    }

    [TestCase(13)]
    [TestCase(15)]
    public void Build_OldOperatorSet_IsRaisedToOneThatAddsWhenItScatters(long opset)
    {
        (_, ModelProto model) = Forward(opset);
        model.Graph.Output.Add(new ValueInfoProto { Name = "rows" });
        StepModel step = TrainingStep.Build(model, new StepOptions { Loss = LossKind.SequenceClassification });
        Assert.That(step.Model.OpsetImport[0].Version, Is.EqualTo(16));
        Assert.That(Run(step)["grad.table"].Data.Count(value => value != 0), Is.EqualTo(6));
    }

    [Test]
    public void Build_ImportedParametersAlone_AreTrained()
    {
        (GraphBuilder g, ModelProto model) = Forward();
        Value gain = g.Initializer(OnnxFactory.Tensor("gain", [3], [1f, 2f, 3f]));
        model.Graph.Output.Add(new ValueInfoProto { Name = g.Mul(new("rows"), gain).Name });
        ImportedParameter parameter = new("table", [4, 3], [new ParameterTwin("copy", null), new ParameterTwin("turned", [1, 0])]);
        StepModel step = TrainingStep.Build(new ImportedModel(model, model, [parameter], []), new StepOptions { Loss = LossKind.SequenceClassification });
        Assert.That(step.Parameters.Select(p => p.Name), Is.EqualTo((string[])["table"]));
        Assert.That(step.Model.Graph.Initializer.Select(tensor => tensor.Name), Does.Contain("gain"));
        Assert.That(step.Model.MetadataProps.First(entry => entry.Key == "tied.table").Value, Is.EqualTo("copy, turned^T"));
    }

    [Test]
    public void Build_LossOfAVector_IsRefused()
    {
        (_, ModelProto model) = Forward();
        model.Graph.Output.Add(new ValueInfoProto { Name = "rows" });
        Assert.That(() => TrainingStep.Build(model, new StepOptions { Loss = LossKind.Custom }), Throws.TypeOf<InputException>().With.Message.Contains("scalar"));
    }
}
