using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining;
using Glossa.Models.OrtTraining.Checkpoints;
using Glossa.Models.Tests.Import;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.OrtTraining;

/// <summary>What the runtime would crash on, or train wrongly in silence, is refused with the reason.</summary>
[TestFixture]
internal sealed class ArtifactRefusalTests
{
    private static ModelProto Classifier(Func<GraphBuilder, Value, Value>? before = null, long opset = 21) =>
        ImportGraphs.Model((g, x) => g.Op("MatMul", [before?.Invoke(g, x) ?? x, g.Weight("head.weight", 4, 3)], "logits"), opset);

    private static Artifacts Build(ModelProto forward, ArtifactOptions? options = null) =>
        ArtifactBuilder.Build(ModelImport.Prepare(forward, new ImportOptions()), options ?? new ArtifactOptions { Loss = LossKind.SequenceClassification });

    private static void Refused(ModelProto forward, string expected, ArtifactOptions? options = null) =>
        Assert.That(() => Build(forward, options), Throws.TypeOf<InputException>().With.Message.Contains(expected));

    [TestCase("x_grad")]
    [TestCase("x_grad.accumulation.buffer")]
    [TestCase("lazy_reset_grad")]
    public void Build_InputCalledAsAGradient_IsRefused(string name)
    {
        ModelProto forward = Classifier();
        forward.Graph.Input[0].Name = name;
        foreach (NodeProto node in forward.Graph.Node)
            if (node.Input[0] == "x") node.Input[0] = name;
        Refused(forward, $"the input '{name}' has a name that ONNX Runtime Training keeps");
    }

    [Test]
    public void Build_OutputCalledAsAGradient_IsRefused()
    {
        ModelProto forward = Classifier((g, x) => g.Op("Relu", [x], "hidden_grad"));
        forward.Graph.Output.Add(OnnxFactory.ValueInfo("hidden_grad", DataType.Float, "batch", 4));
        Refused(forward, "the output 'hidden_grad'", new ArtifactOptions { Loss = LossKind.SequenceClassification, ExtraOutputs = ["hidden_grad"] });
        Assert.That(() => Build(forward), Throws.Nothing);
    }

    [Test]
    public void Build_ParameterCalledAsAnothersGradient_IsRefused() =>
        Refused(Classifier((g, x) => g.Op("MatMul", [x, g.Weight("head.weight_grad", 4, 4)])), "the parameter 'head.weight_grad'");

    [Test]
    public void Build_OperatorWithoutKernel_IsNamed()
    {
        ModelProto forward = Classifier((g, x) => g.Op("Add", [x, g.Op("Strange", [x], "strange", "example.org")]));
        forward.Graph.Node[0].Name = "odd";
        Refused(forward, "example.org.Strange");
    }

    [Test]
    public void Build_NewerAttribute_IsNamed()
    {
        ModelProto forward = Classifier((g, x) => g.Op("DequantizeLinear", [g.Op("Cast", [x], "codes", "", OnnxFactory.Attribute("to", (long)DataType.Int8)), g.Constant(0.5f)], "back", "",
            OnnxFactory.Attribute("output_dtype", (long)DataType.Float)), opset: 23);
        Refused(forward, "uses what operator set 23 brought");
    }

    [Test]
    public void Build_Float16Graph_IsRefusedUnlessAskedFor()
    {
        ModelProto forward = Classifier();
        TensorProto weight = forward.Graph.Initializer.Single(tensor => tensor.Name == "head.weight");
        Half[] halves = Array.ConvertAll(OnnxFactory.Floats(weight), value => (Half)value);
        forward.Graph.Initializer.Remove(weight);
        forward.Graph.Initializer.Add(OnnxFactory.Raw("head.weight", DataType.Float16, [4, 3], System.Runtime.InteropServices.MemoryMarshal.AsBytes<Half>(halves)));
        forward.Graph.Input[0].Type.TensorType.ElemType = (int)DataType.Float16;
        forward.Graph.Output[0].Type.TensorType.ElemType = (int)DataType.Float16;
        Refused(forward, "the parameter 'head.weight' is float16; ONNX Runtime Training is float32 only");
        Artifacts artifacts = Build(forward, new ArtifactOptions { Loss = LossKind.SequenceClassification, ConvertFloats = true });
        float[] changed = [.. halves.Select(half => (float)half + 1)];
        ModelProto merged = CheckpointMerge.Apply(forward, artifacts.Checkpoint with { Trainable = [OrtTensor.Of("head.weight", [4, 3], changed)] });
        TensorProto stored = merged.Graph.Initializer.Single(tensor => tensor.Name == "head.weight");
        Assert.That((DataType)stored.DataType, Is.EqualTo(DataType.Float16));
        Assert.That(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Half>(stored.RawData.Span).ToArray(), Is.EqualTo(Array.ConvertAll(changed, value => (Half)value)));
    }

    [TestCase(-0.1f, 0.999f, 1e-6f, null, "beta1 is -0.1")]
    [TestCase(0.9f, 1f, 1e-6f, null, "beta2 is 1")]
    [TestCase(0.9f, 0.999f, -1f, null, "epsilon is -1")]
    [TestCase(0.9f, 0.999f, float.NaN, null, "epsilon is NaN")]
    [TestCase(0.9f, 0.999f, 1e-6f, 0f, "the largest gradient norm is 0")]
    public void Build_OptimizerOutOfRange_IsRefused(float beta1, float beta2, float epsilon, float? clip, string expected) => Refused(Classifier(), expected,
        new ArtifactOptions { Loss = LossKind.SequenceClassification, Optimizer = new() { Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon, Clip = clip } });

    [Test]
    public void Build_UnknownNames_AreRefusedWithTheNearest()
    {
        Refused(Classifier(), "no parameter matches the pattern 'heat.weight'; did you mean 'head.weight'", new ArtifactOptions { Loss = LossKind.SequenceClassification, Freeze = ["heat.weight"] });
        Refused(Classifier(), "no output 'logit'; did you mean 'logits'", new ArtifactOptions { Loss = LossKind.SequenceClassification, ExtraOutputs = ["logit"] });
        Refused(Classifier(), "no trainable initializer reaches the loss", new ArtifactOptions { Loss = LossKind.SequenceClassification, Freeze = ["*"] });
    }

    private static IEnumerable<TestCaseData> Mismatches()
    {
        OrtTensor extra = OrtTensor.Of("extra", [1], [1]);
        yield return Case(c => c with { Trainable = [.. c.Trainable, extra] }, "the checkpoint trains 'extra'").SetArgDisplayNames("extra trained");
        yield return Case(c => c with { Trainable = [.. c.Trainable.Skip(1)] }, "no trained parameter for it").SetArgDisplayNames("lacking trained");
        yield return Case(c => c with { Frozen = [.. c.Frozen.Skip(1)] }, "the checkpoint lacks the parameter 'wte.weight'").SetArgDisplayNames("lacking first frozen");
        yield return Case(c => c with { Frozen = [.. c.Frozen.SkipLast(1)] }, "the checkpoint lacks the parameter 'h.0.c_out.bias'").SetArgDisplayNames("lacking last frozen");
        yield return Case(c => c with { Trainable = [.. c.Trainable, c.Frozen[0]], Frozen = [.. c.Frozen.Skip(1)] }, "the checkpoint trains 'wte.weight'").SetArgDisplayNames("frozen as trained");
        yield return Case(c => c with { Trainable = [.. c.Trainable.Skip(1)], Frozen = [.. c.Frozen, c.Trainable[0]] }, "no trained parameter for it").SetArgDisplayNames("trained as frozen");
        yield return Case(c => c with { Trainable = [c.Trainable[0] with { Shape = [48, 1] }, .. c.Trainable.Skip(1)] }, "is [48, 1] in the checkpoint and [48]").SetArgDisplayNames("another shape");
        yield return Case(c => c with { OptimizerGroups = [new("group0", 1, 0, [new(c.Trainable[0].Name, [])])] }, "has no state for").SetArgDisplayNames("lacking state");

        static TestCaseData Case(Func<OrtCheckpoint, OrtCheckpoint> change, string expected) => new(change, expected);
    }

    [TestCaseSource(nameof(Mismatches))]
    public void Read_CheckpointThatDoesNotFit_IsRefused(Func<OrtCheckpoint, OrtCheckpoint> change, string expected)
    {
        string folder = Directory.CreateTempSubdirectory("glossa-artifacts-").FullName;
        try
        {
            Artifacts artifacts = OfficialArtifacts.Open("gpt-frozen").Made();
            ArtifactFolder.Write(folder, artifacts, nominal: true);
            Assert.That(ArtifactFolder.Read(folder).Checkpoint.Frozen, Has.Count.EqualTo(artifacts.Checkpoint.Frozen.Count));
            Assert.That(ArtifactFolder.Read(folder, Path.Combine(folder, ArtifactNames.NominalCheckpoint)).Checkpoint.IsNominal, Is.True);
            OrtCheckpointFile.Write(Path.Combine(folder, ArtifactNames.Checkpoint), change(artifacts.Checkpoint));
            Assert.That(() => ArtifactFolder.Read(folder), Throws.TypeOf<InputException>().With.Message.Contains(expected));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCaseSource(typeof(OfficialArtifacts), nameof(OfficialArtifacts.All))]
    public void Read_OfficialFolder_IsSound(string name) => Assert.That(ArtifactFolder.Read(OfficialArtifacts.Open(name).Folder).Checkpoint.Parameters.Count(), Is.GreaterThan(5));
}
