using Glossa.Models.Building;
using Glossa.Models.Mixed;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Models.Shapes;
using Glossa.Models.Steps;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Mixed;

/// <summary>What the rewritten step is made of; its numbers are those of the engine's tests.</summary>
internal sealed class MixedPrecisionTests
{
    private static readonly TransformerOptions Options = new()
    {
        Vocabulary = 45,
        TextVocabulary = 40,
        Layers = 2,
        Width = 32,
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 8,
        FeedForward = 64,
        Context = 16,
    };

    private static readonly StepModel Step = TrainingStep.Build(
        TrainingGraph.Build(Options, TransformerParameters.Of(Options).ToDictionary(spec => spec.Name, spec => spec.Initialize(3))),
        new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true, StaticShapes = true });

    [Test]
    public void Apply_EveryProduct_ReadsHalvesAndNothingElseDoes([Values] HalfFormat format)
    {
        MixedStep mixed = MixedPrecision.Apply(Step, format, emulated: false);
        ShapeMap shapes = ShapeMap.Infer(mixed.Step.Model.Graph);
        DataType half = MixedPrecision.TypeOf(format);
        string[] free = ["Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Slice", "Cast", "Shape"];
        int products = 0;
        foreach (NodeProto node in mixed.Step.Model.Graph.Node)
        {
            bool isProduct = node.OpType is "MatMul" or "FusedMatMul" or "Gemm";
            if (isProduct) Assert.That(node.Input.Take(2).Select(shapes.Type), Is.All.EqualTo(half), node.Name);
            else if (!free.Contains(node.OpType)) Assert.That(node.Input.Where(input => input.Length > 0).Select(shapes.Type), Has.None.EqualTo(half), $"{node.OpType} {node.Name}");
            products += isProduct ? 1 : 0;
        }
        Assert.That(products, Is.EqualTo(Step.Model.Graph.Node.Count(node => node.OpType is "MatMul" or "FusedMatMul" or "Gemm")));
        Assert.That(mixed.Step.Model.Graph.Output.Select(output => (DataType)output.Type.TensorType.ElemType), Is.All.EqualTo(DataType.Float));
    }

    [Test]
    public void Apply_AnyTensor_IsCastOnceAndWeightsNotAtAll()
    {
        MixedStep mixed = MixedPrecision.Apply(Step, HalfFormat.BFloat16, emulated: false);
        NodeProto[] casts = [.. mixed.Step.Model.Graph.Node.Where(node => node.OpType == "Cast" && node.AttributeInt("to", 0) == (long)DataType.Bfloat16)];
        Assert.That(casts.Select(cast => cast.Input[0]), Is.Unique.And.Not.Empty);
        Assert.That(casts.Select(cast => cast.Input[0]).Intersect(Step.Parameters.Select(parameter => parameter.Name)), Is.Empty);
        GraphIndex index = new(mixed.Step.Model.Graph);
        Assert.That(casts.Select(cast => index.Producer(cast.Input[0])).Where(producer => producer?.OpType is "Cast" or "Transpose" or "Reshape")
            .Where(producer => index.Producer(producer!.Input[0])?.OpType is "MatMul" or "FusedMatMul"), Is.Empty, "a product's own result is passed on as it is");
        Assert.That(mixed.HalfWeights.Select(weight => weight.Name), Is.SubsetOf(Step.Parameters.Select(parameter => parameter.Name)).And.Contains("model.layers.0.mlp.fc1.weight"));
        Assert.That(mixed.Casting.Graph.Output.Select(output => output.Name), Is.EqualTo(mixed.HalfWeights.Select(weight => MixedStep.HalfWeight(weight.Name))));
    }

    [Test]
    public void Apply_Emulated_HasFloatProductsAlone()
    {
        MixedStep mixed = MixedPrecision.Apply(Step, HalfFormat.Float16, emulated: true);
        ShapeMap shapes = ShapeMap.Infer(mixed.Step.Model.Graph);
        foreach (NodeProto node in mixed.Step.Model.Graph.Node.Where(node => node.OpType is "MatMul" or "FusedMatMul" or "Gemm"))
            Assert.That(node.Input.Take(2).Select(shapes.Type), Is.All.EqualTo(DataType.Float), node.Name);
    }

    [Test]
    public void Apply_AStep_LeavesItAsItWas()
    {
        ModelProto before = Step.Model.Clone();
        MixedPrecision.Apply(Step, HalfFormat.Float16, emulated: false);
        ScaledLoss.Apply(Step, scaled: true);
        Assert.That(Step.Model, Is.EqualTo(before));
    }
}
