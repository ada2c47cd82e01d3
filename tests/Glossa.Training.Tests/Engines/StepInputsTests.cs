using Glossa.Models.Building;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using NUnit.Framework;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Tests.Engines;

/// <summary>What an engine says about inputs that do not fit its graph.</summary>
public sealed class StepInputsTests
{
    private static readonly BatchInput X = BatchInput.Of("x", new float[6], 2, 3), Labels = BatchInput.Of("labels", new long[2], 2);

    [Test]
    public void Run_FittingInputs_GivesTheLossOfEqualClasses()
    {
        using CpuEngine engine = Engine();
        Assert.That(engine.Run([new MicroBatch([X, Labels])], 0.5f), Is.EqualTo(Math.Log(4)).Within(1e-6));
    }

    private static IEnumerable<TestCaseData> Misfits()
    {
        yield return Case([X], "the graph takes the input 'labels', which nothing fills");
        yield return Case([X, Labels, BatchInput.Of("mask", new long[2], 2)], "the graph has no input 'mask'; it takes x, labels");
        yield return Case([X, BatchInput.Of("labels", new long[2], 2, 1)], "the input labels [2, 1] has 2 dimensions, the graph declares 1");
        yield return Case([X, BatchInput.Of("labels", new long[5], 5)], "ONNX Runtime cannot run the step on x [2, 3], labels [5]");
        yield return Case([BatchInput.Of("x", new float[8], 2, 4), Labels], "ONNX Runtime cannot run the step on x [2, 4], labels [2]");
        yield return Case([BatchInput.Of("x", new int[6], 2, 3), Labels], "ONNX Runtime cannot run the step on x [2, 3], labels [2]");

        static TestCaseData Case(BatchInput[] inputs, string message) => new TestCaseData(new MicroBatch(inputs), message).SetArgDisplayNames(message[..Math.Min(60, message.Length)]);
    }

    [TestCaseSource(nameof(Misfits))]
    public void Run_Misfit_IsOneClearLine(MicroBatch batch, string message)
    {
        using CpuEngine engine = Engine();
        InputException failure = Assert.Throws<InputException>(() => engine.Run([batch], 0.5f))!;
        Assert.That(failure.Message, Does.StartWith(message).And.Not.Contain("\n"));
    }

    [Test]
    public void Of_ElementsAndShapeDisagree_IsRefused() => Assert.That(() => BatchInput.Of("x", new float[6], 2, 2), Throws.ArgumentException);

    [Test]
    public void ToOrtValue_EmptyCache_HasItsShape()
    {
        using Microsoft.ML.OnnxRuntime.OrtValue value = BatchInput.Of("past", Array.Empty<float>(), 2, 4, 0, 8).ToOrtValue();
        Assert.That(value.GetTensorTypeAndShape().Shape, Is.EqualTo(new long[] { 2, 4, 0, 8 }));
    }

    private static CpuEngine Engine()
    {
        ModelProto model = new() { IrVersion = 8, Graph = new GraphProto { Name = "linear" }, OpsetImport = { new OperatorSetIdProto { Version = 17 } } };
        GraphBuilder g = new(model.Graph);
        Value y = g.MatMul(g.Input("x", DataType.Float, "batch", 3), g.Initializer(OnnxFactory.Tensor("w", [3, 4], new float[12])), "logits");
        g.Output(y, DataType.Float, "batch", 4);
        StepModel step = TrainingStep.Build(model, new StepOptions { Loss = LossKind.SequenceClassification, Accumulate = true, WeightedLoss = true });
        return new CpuEngine(step, new Dictionary<string, float[]> { ["w"] = new float[12] }, workers: 1);
    }
}
