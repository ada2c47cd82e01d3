using Glossa.Models.OrtTraining;
using Glossa.Models.OrtTraining.Checkpoints;
using NUnit.Framework;

namespace Glossa.Models.Tests.OrtTraining;

/// <summary>Checkpoints of the official tool and our own, read and written.</summary>
[TestFixture]
internal sealed class CheckpointTests
{
    [TestCase("mlp-adamw", "checkpoint")]
    [TestCase("mlp-adamw", "checkpoint_step20")]
    [TestCase("gpt-frozen", "checkpoint")]
    [TestCase("bert-adamw", "checkpoint")]
    public void Write_OfficialCheckpoint_GivesItsBytes(string name, string file)
    {
        string path = OfficialArtifacts.Open(name).At(file);
        Assert.That(Written(OrtCheckpointFile.Read(path)), Is.EqualTo(File.ReadAllBytes(path)));
    }

    [Test]
    public void Read_NominalCheckpoint_HasTheNamesOfTheOther()
    {
        OfficialArtifacts official = OfficialArtifacts.Open("gpt-frozen");
        OrtCheckpoint nominal = OrtCheckpointFile.Read(official.At("nominal_checkpoint")), whole = OrtCheckpointFile.Read(official.At("checkpoint"));
        Assert.That((nominal.IsNominal, whole.IsNominal), Is.EqualTo((true, false)));
        OrtCheckpoint made = OrtCheckpointFile.Parse(Written(whole.ToNominal()));
        Assert.That(Describe(made), Is.EqualTo(Describe(nominal)));
    }

    [Test]
    public void Read_SavedSession_HasStepAndMoments()
    {
        OrtCheckpoint saved = OrtCheckpointFile.Read(OfficialArtifacts.Open("mlp-adamw").At("checkpoint_step20"));
        OrtOptimizerGroup group = saved.OptimizerGroups.Single();
        Assert.That((group.Name, group.Step, group.InitialLearningRate), Is.EqualTo(("group0", 20L, 1e-3f)));
        Assert.That(group.States.Select(state => state.Parameter), Is.EqualTo(saved.Trainable.Select(tensor => tensor.Name)));
        foreach (OrtParameterState state in group.States)
        {
            OrtTensor parameter = saved.Trainable.Single(tensor => tensor.Name == state.Parameter);
            Assert.That(state.Moments.Select(moment => moment.Name), Is.EqualTo((string[])["momentum0", "momentum1"]));
            Assert.That(state.Moments.Select(moment => moment.Shape), Is.All.EqualTo(parameter.Shape));
            Assert.That(state.Moments[1].Floats(), Is.All.GreaterThanOrEqualTo(0f));
        }
    }

    [TestCase(long.MaxValue)]
    [TestCase(0L)]
    public void Write_EverythingThatTheFormatHolds_ComesBack(long mostInline)
    {
        OrtCheckpoint checkpoint = new()
        {
            Trainable = [OrtTensor.Of("weight", [2, 3], [1, 2, 3, 4, 5, 6]), OrtTensor.Of("größe", [], [7])],
            Frozen = [OrtTensor.Of("empty", [0, 4], [])],
            OptimizerGroups = [new("group0", 12, 0.5f, [new("weight", [OrtTensor.Of("momentum0", [2, 3], [6, 5, 4, 3, 2, 1])])])],
            Properties = [new("epoch", 3L), new("loss", 0.25f), new("note", "a b")],
        };
        string path = Path.Combine(Directory.CreateTempSubdirectory("glossa-checkpoint-").FullName, "checkpoint");
        try
        {
            OrtCheckpointFile.Write(path, checkpoint, mostInline);
            Assert.That(Describe(OrtCheckpointFile.Read(path)), Is.EqualTo(Describe(checkpoint)));
            Assert.That(File.Exists(path + ".data"), Is.EqualTo(mostInline == 0));
            if (mostInline > 0) return;
            // One straight after the other, and not to be had without their file.
            Assert.That(new FileInfo(path + ".data").Length, Is.EqualTo(7 * sizeof(float)));
            Assert.That(() => OrtCheckpointFile.Parse(File.ReadAllBytes(path)), Throws.TypeOf<InputException>().With.Message.Contains("another file"));
            using (FileStream data = new(path + ".data", FileMode.Open)) data.SetLength(27);
            Assert.That(() => OrtCheckpointFile.Read(path), Throws.TypeOf<InputException>().With.Message.Contains("does not hold 'größe'"));
            File.Delete(path + ".data");
            Assert.That(() => OrtCheckpointFile.Read(path), Throws.TypeOf<InputException>().With.Message.Contains("no such data file"));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    [Test]
    public void Read_OtherFiles_SaysWhatItIs()
    {
        OfficialArtifacts official = OfficialArtifacts.Open("mlp-adamw");
        Assert.That(() => OrtCheckpointFile.Read(official.At(ArtifactNames.TrainingModel)), Throws.TypeOf<InputException>().With.Message.Contains("no checkpoint of ONNX Runtime Training"));
        Assert.That(() => OrtCheckpointFile.Read(official.At("missing")), Throws.TypeOf<InputException>().With.Message.Contains("no such checkpoint"));
        byte[] bytes = File.ReadAllBytes(official.At("checkpoint"));
        Assert.That(() => OrtCheckpointFile.Parse(bytes.AsMemory(0, 7)), Throws.TypeOf<InputException>().With.Message.Contains("no checkpoint of ONNX Runtime Training"));
        // The root table stands in front, with the version in its first field.
        bytes[20] = 3;
        Assert.That(() => OrtCheckpointFile.Parse(bytes), Throws.TypeOf<InputException>().With.Message.Contains("version 3"));
    }

    internal static byte[] Written(OrtCheckpoint checkpoint)
    {
        string path = Path.GetTempFileName();
        try
        {
            OrtCheckpointFile.Write(path, checkpoint);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    internal static string Describe(OrtTensor tensor) => $"{tensor.Name} {tensor.Type} [{string.Join(",", tensor.Shape)}] {Convert.ToHexString(tensor.Data.Span)}";

    internal static string Describe(OrtCheckpoint checkpoint) => string.Join('\n',
    [
        $"nominal {checkpoint.IsNominal}", .. checkpoint.Trainable.Select(Describe), "frozen", .. checkpoint.Frozen.Select(Describe),
        .. checkpoint.OptimizerGroups.Select(group => $"{group.Name} {group.Step} {group.InitialLearningRate} " + string.Join(' ', group.States.Select(state => state.Parameter + string.Join(' ', state.Moments.Select(Describe))))),
        .. checkpoint.Properties.Select(property => $"{property.Key} {property.Value.GetType().Name} {property.Value}"),
    ]);
}
