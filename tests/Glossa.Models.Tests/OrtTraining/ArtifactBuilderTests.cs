using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining;
using Glossa.Models.OrtTraining.Checkpoints;
using Glossa.Models.Tests.Import;
using NUnit.Framework;

namespace Glossa.Models.Tests.OrtTraining;

/// <summary>Artifacts beside those of the official tool, part by part.</summary>
[TestFixture]
internal sealed class ArtifactBuilderTests
{
    [TestCaseSource(typeof(OfficialArtifacts), nameof(OfficialArtifacts.All))]
    public void Training_OfficialModel_HasItsInputsOutputsAndAccumulators(string name)
    {
        OfficialArtifacts official = OfficialArtifacts.Open(name);
        ModelProto expected = official.Model(ArtifactNames.TrainingModel), made = official.Made().Training;
        Assert.That(Inputs(made), Is.EqualTo(Inputs(expected)));
        Assert.That(Declared(made.Graph.Output.Skip(1)), Is.EqualTo(Declared(expected.Graph.Output.Skip(1))));
        Assert.That(Describe(made.Graph.Output[0]), Does.EndWith("Float []"));
        Assert.That(Accumulators(made), Is.EqualTo(Accumulators(expected)));
        Assert.That(made.IrVersion, Is.EqualTo(expected.IrVersion));
        Assert.That(made.OpsetImport.Single(import => import.Domain is "" or "ai.onnx").Version, Is.EqualTo(17));
        Assert.That(made.Graph.Initializer.Select(tensor => tensor.Name).Intersect(made.Graph.Input.Select(input => input.Name)), Is.Empty);
    }

    [TestCaseSource(typeof(OfficialArtifacts), nameof(OfficialArtifacts.All))]
    public void Evaluation_OfficialModel_HasItsInputsAndForwardNodes(string name)
    {
        OfficialArtifacts official = OfficialArtifacts.Open(name);
        ModelProto expected = official.Model(ArtifactNames.EvaluationModel), made = official.Made().Evaluation;
        Assert.That(Inputs(made), Is.EqualTo(Inputs(expected)));
        Assert.That(Declared(made.Graph.Output.Skip(1)), Is.EqualTo(Declared(expected.Graph.Output.Skip(1))));
        // The runtime cuts its inference model out of the nodes up to this value.
        Assert.That(made.Graph.Node.SelectMany(node => node.Output), Does.Contain("logits"));
        Assert.That(made.Graph.Node.Select(node => node.Domain).Distinct(), Is.EqualTo((string[])[""]));
    }

    [TestCaseSource(typeof(OfficialArtifacts), nameof(OfficialArtifacts.All))]
    public void Optimizer_OfficialSettings_IsTheSameModel(string name)
    {
        OfficialArtifacts official = OfficialArtifacts.Open(name);
        ModelProto expected = official.Model(ArtifactNames.OptimizerModel), made = official.Made().Optimizer;
        Assert.That(Inputs(made), Is.EqualTo(Inputs(expected)));
        Assert.That(made.Graph.Node.Select(Spelled), Is.EqualTo(expected.Graph.Node.Select(Spelled)));
        Assert.That(made.OpsetImport.Select(import => (import.Domain, import.Version)), Is.EqualTo(expected.OpsetImport.Select(import => (import.Domain, import.Version))));
        // Of SGD, the WebAssembly build refuses the official [1].
        Assert.That(Describe(made.Graph.Output[0]), Does.EndWith(name == "mlp-sgd" ? "Bool []" : "Bool [1]"));

        static string Spelled(NodeProto node) => $"{node.Domain} {node.OpType}({node.Input.Count}) {string.Join(" ", node.Attribute.OrderBy(a => a.Name, StringComparer.Ordinal))}";
    }

    [TestCaseSource(typeof(OfficialArtifacts), nameof(OfficialArtifacts.All))]
    public void Checkpoint_OfficialModel_HoldsTheSameTensors(string name)
    {
        OfficialArtifacts official = OfficialArtifacts.Open(name);
        OrtCheckpoint expected = OrtCheckpointFile.Read(official.At(ArtifactNames.Checkpoint)), made = official.Made().Checkpoint;
        Assert.That(made.Trainable.Select(CheckpointTests.Describe), Is.EqualTo(expected.Trainable.Select(CheckpointTests.Describe)));
        Assert.That(made.Frozen.Select(CheckpointTests.Describe), Is.EqualTo(expected.Frozen.Select(CheckpointTests.Describe)));
    }

    [Test]
    public void Build_ParameterBesideTheLoss_StaysOutOrFrozen()
    {
        // The gain reaches only the second output, the last weight is read by neither.
        ModelProto forward = ImportGraphs.Model((g, x) =>
        {
            Building.Value hidden = g.Op("Relu", [g.Op("MatMul", [x, g.Weight("hidden.weight", 4, 4)])], "hidden");
            Building.Value logits = g.Op("MatMul", [hidden, g.Weight("head.weight", 4, 3)], "logits");
            g.Op("MatMul", [hidden, g.Weight("pool.weight", 4, 4)], "pooled");
            g.Op("MatMul", [hidden, g.Weight("spare.weight", 4, 4)], "spare");
            return logits;
        });
        foreach (string output in (string[])["pooled", "spare"])
            forward.Graph.Output.Add(OnnxFactory.ValueInfo(output, TensorProto.Types.DataType.Float, "batch", 4));
        Artifacts artifacts = ArtifactBuilder.Build(ModelImport.Prepare(forward, new ImportOptions()), new ArtifactOptions { Output = "logits", Loss = LossKind.SequenceClassification, ExtraOutputs = ["pooled"] });
        Assert.That(artifacts.Checkpoint.Trainable.Select(tensor => tensor.Name), Is.EqualTo((string[])["hidden.weight", "head.weight"]));
        Assert.That(artifacts.Checkpoint.Frozen.Select(tensor => tensor.Name), Is.EqualTo((string[])["pool.weight"]));
        Assert.That(artifacts.Training.Graph.Input.Select(input => input.Name).Take(5), Is.EqualTo((string[])["x", "labels", "hidden.weight", "head.weight", "pool.weight"]));
        Assert.That(artifacts.Notes, Has.Some.Contains("'pool.weight' does not reach the loss").And.Some.Contains("'spare.weight'"));
    }

    [Test]
    public void Build_NamesOfTheRuntimeInsideTheGraph_AreFreed()
    {
        ModelProto forward = ImportGraphs.Model((g, x) => g.Op("MatMul", [g.Op("Relu", [x], "head.weight_grad"), g.Weight("head.weight", 4, 3)], "logits"));
        Artifacts artifacts = ArtifactBuilder.Build(ModelImport.Prepare(forward, new ImportOptions()), new ArtifactOptions { Loss = LossKind.SequenceClassification });
        string[] made = [.. artifacts.Training.Graph.Node.SelectMany(node => node.Output)];
        Assert.That(made, Is.Unique);
        Assert.That(made, Does.Contain("head.weight_grad").And.Contain("forward.head.weight_grad"));
    }

    private static string[] Inputs(ModelProto model) => [.. Declared(model.Graph.Input.Where(input => input.Name != "labels")), .. model.Graph.Input.Select(input => input.Name)];

    private static IEnumerable<string> Declared(IEnumerable<ValueInfoProto> infos) => infos.Select(Describe);

    private static string Describe(ValueInfoProto info)
    {
        if (info.Type.SequenceType is { } sequence) return $"{info.Name} seq {sequence}";
        TypeProto.Types.Tensor tensor = info.Type.TensorType;
        return $"{info.Name} {(TensorProto.Types.DataType)tensor.ElemType} [{string.Join(",", tensor.Shape.Dim.Select(dimension => dimension.DimParam.Length > 0 ? dimension.DimParam : dimension.DimValue.ToString()))}]";
    }

    private static IEnumerable<string> Accumulators(ModelProto model) => model.Graph.Node.Where(node => node.OpType == "InPlaceAccumulatorV2")
        .Select(node => $"{node.Domain} {string.Join(",", node.Input)} -> {string.Join(",", node.Output)} {string.Join(",", node.Attribute)}");
}
