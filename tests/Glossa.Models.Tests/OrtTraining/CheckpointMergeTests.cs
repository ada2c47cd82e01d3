using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining;
using Glossa.Models.OrtTraining.Checkpoints;
using Glossa.Models.Tests.Import;
using NUnit.Framework;

namespace Glossa.Models.Tests.OrtTraining;

/// <summary>Parameters of a checkpoint, written back into the forward graph.</summary>
[TestFixture]
internal sealed class CheckpointMergeTests
{
    [Test]
    public void Apply_SavedCheckpoint_ChangesTheParametersAlone()
    {
        OfficialArtifacts official = OfficialArtifacts.Open("mlp-adamw");
        ModelProto original = ModelImport.ReadOriginal(official.Forward);
        OrtCheckpoint saved = OrtCheckpointFile.Read(official.At("checkpoint_step20"));
        ModelProto merged = CheckpointMerge.Apply(original, saved);
        foreach (OrtTensor tensor in saved.Parameters)
        {
            TensorProto initializer = merged.Graph.Initializer.Single(found => found.Name == tensor.Name);
            Assert.That(OnnxFactory.Floats(initializer), Is.EqualTo(tensor.Floats()), tensor.Name);
        }
        Assert.That(merged.Graph.Node, Is.EqualTo(original.Graph.Node));
        Assert.That(CheckpointMerge.Apply(original, OrtCheckpointFile.Read(official.At("checkpoint"))), Is.EqualTo(original));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Apply_TwinOfAParameter_FollowsItOrItself(bool official)
    {
        ModelProto forward = ImportGraphs.Model((g, x) => g.Op("MatMul", [g.Op("MatMul", [x, g.Weight("first", 4, 4)]), g.Initializer(OnnxFactory.Tensor("second", [4, 4], ImportGraphs.Values("first", 4, 4)))], "y"));
        float[] changed = [.. ImportGraphs.Values("first", 4, 4).Select(value => value + 1)], apart = [.. changed.Select(value => value * 2)];
        OrtTensor first = OrtTensor.Of("first", [4, 4], changed), second = OrtTensor.Of("second", [4, 4], apart);
        ModelProto merged = CheckpointMerge.Apply(forward, new OrtCheckpoint { Trainable = official ? [first, second] : [first], Frozen = [] });
        Assert.That(OnnxFactory.Floats(merged.Graph.Initializer.Single(tensor => tensor.Name == "first")), Is.EqualTo(changed));
        Assert.That(OnnxFactory.Floats(merged.Graph.Initializer.Single(tensor => tensor.Name == "second")), Is.EqualTo(official ? apart : changed));
    }

    [Test]
    public void Apply_CheckpointOfAnotherModel_IsRefused()
    {
        OfficialArtifacts official = OfficialArtifacts.Open("mlp-adamw");
        OrtCheckpoint checkpoint = OrtCheckpointFile.Read(official.At("checkpoint"));
        ModelProto original = ModelImport.ReadOriginal(official.Forward);
        Assert.That(() => CheckpointMerge.Apply(ImportGraphs.Linear(), checkpoint), Throws.TypeOf<InputException>().With.Message.Contains("the model has no parameter 'fc1.weight'"));
        Assert.That(() => CheckpointMerge.Apply(original, checkpoint.ToNominal()), Throws.TypeOf<InputException>().With.Message.Contains("nominal"));
        OrtCheckpoint turned = checkpoint with { Trainable = [checkpoint.Trainable[0] with { Shape = [10, 32] }] };
        Assert.That(() => CheckpointMerge.Apply(original, turned), Throws.TypeOf<InputException>().With.Message.Contains("'fc1.weight' is [10, 32] in the checkpoint and [32, 10] in the model"));
    }
}
