using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Training.Safetensors;
using Glossa.Training.Verification;
using NUnit.Framework;

namespace Glossa.Training.Tests.Verification;

[TestFixture]
internal sealed class ModelVerificationTests
{
    private static IEnumerable<string> Own => ReferenceFixtures.Own;

    private static IEnumerable<string> Shared => ReferenceFixtures.Shared;

    [TestCaseSource(nameof(Own))]
    public void Verify_ExportedGraph_MatchesPyTorch(string name) => RequirePassed(ModelVerification.Verify(ReferenceFixtures.OwnFolder(name), new VerificationOptions()));

    [TestCaseSource(nameof(Shared))]
    public void Verify_ExportedGraphBesideTheRepository_MatchesPyTorch(string name) =>
        RequirePassed(ModelVerification.Verify(Path.Combine(Fixtures.Shared("hf"), name), new VerificationOptions()));

    private static void RequirePassed(VerificationReport report)
    {
        foreach (VerificationCheck check in report.Checks) Assert.That(check.Worst, Is.LessThanOrEqualTo(check.Limit), $"{check.Name}: {check.Where}");
        Assert.That(report.Checks.Select(check => check.Name), Is.SupersetOf((string[])
        [
            VerificationChecks.Outputs, VerificationChecks.Gradients, VerificationChecks.StandardGradients, VerificationChecks.SecondShape, VerificationChecks.Decay, VerificationChecks.NoDecay,
        ]));
    }

    [TestCase("grad.model.norm.weight", VerificationChecks.Gradients, "model.norm.weight")]
    [TestCase("output.logits", VerificationChecks.Outputs, "logits")]
    [TestCase("loss_after.adamw", VerificationChecks.Decay, "after 5 updates")]
    [TestCase("loss_after.adamw_no_decay", VerificationChecks.NoDecay, "after 5 updates")]
    public void Verify_ReferenceSaysOtherwise_FailsThereAlone(string tensor, string check, string where)
    {
        string folder = ReferenceFixtures.Copy("llama-dynamo23");
        ReferenceFixtures.Change(folder, tensor, 5, value => value + 2e-4f);
        VerificationReport report = ModelVerification.Verify(folder, new VerificationOptions());
        Directory.Delete(folder, recursive: true);
        Assert.That(report.Passed, Is.False);
        Assert.That(report.Find(check)!.Passed, Is.False);
        Assert.That(report.Find(check)!.Where, Is.EqualTo(where));
        string[] others = [.. report.Checks.Where(other => !other.Passed && !other.Name.StartsWith(check, StringComparison.Ordinal)).Select(other => other.Name)];
        Assert.That(others, Is.Empty);
    }

    [Test]
    public void Verify_PaddedPositionOfAnOutputDiffers_IsNotCounted()
    {
        string folder = ReferenceFixtures.Copy("qwen2-leftpad-torchscript");
        // Rows are padded on the left by different lengths, and some row begins with padding: its first position holds whatever the graph gives.
        int row;
        using (SafetensorsReader reader = SafetensorsReader.Open(Path.Combine(folder, "reference.safetensors")))
        {
            long[] mask = reader.ReadInt64s("input.attention_mask");
            row = Array.FindIndex([.. Enumerable.Range(0, 3)], r => mask[r * 12] == 0);
        }
        ReferenceFixtures.Change(folder, "output.logits", row * 12 * 320, value => value + 1);
        VerificationReport report = ModelVerification.Verify(folder, new VerificationOptions());
        Directory.Delete(folder, recursive: true);
        Assert.That(report.Find(VerificationChecks.Outputs)!.Passed, Is.True);
    }

    [TestCase("t5-dynamo", LossKind.Seq2SeqLm)]
    [TestCase("llama-dynamo23", LossKind.CausalLm)]
    public void Verify_NoReference_HoldsGradientsAgainstDifferences(string name, LossKind loss)
    {
        string folder = ReferenceFixtures.Copy(name, reference: false);
        VerificationReport report = ModelVerification.Verify(folder, new VerificationOptions { Loss = loss });
        Directory.Delete(folder, recursive: true);
        Assert.That(report.AgainstReference, Is.False);
        Assert.That(report.Passed, Is.True, string.Join("; ", report.Checks));
        Assert.That(report.Checks.Select(check => check.Name), Is.EqualTo((string[])
            [VerificationChecks.Hidden, VerificationChecks.AlongGradient, VerificationChecks.AlongDrawn, VerificationChecks.Entries, VerificationChecks.SecondShape]));
    }

    [Test]
    public void Verify_NoReferenceAndNoLoss_AsksForIt()
    {
        string folder = ReferenceFixtures.Copy("llama-dynamo23", reference: false);
        Assert.That(() => ModelVerification.Verify(folder, new VerificationOptions()), Throws.TypeOf<InputException>().With.Message.Contains("--loss"));
        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public void Verify_StatesAgainstATarget_AlsoAtASecondShape()
    {
        VerificationReport report = VerifyTable(g => g.MatMul(g.Gather(g.Table(), new Value("input_ids"), 0), g.Matrix(), "states"));
        Assert.That(report.Passed, Is.True, string.Join("; ", report.Checks.Concat<object>(report.Notes)));
        Assert.That(report.Find(VerificationChecks.SecondShape)!.Where, Does.Contain("input_ids"));
    }

    /// <summary>Differences drowned in rounding prove nothing, so they must not pass.</summary>
    [Test]
    public void Verify_LossThatHardlyMoves_Fails()
    {
        VerificationReport report = VerifyTable(g =>
        {
            Value faint = g.Mul(g.MatMul(g.Gather(g.Table(), new Value("input_ids"), 0), g.Matrix()), g.Constant(1e-6f));
            return g.Add(faint, g.Constant(1000f), "states");
        });
        Assert.That((report.Passed, report.Find(VerificationChecks.Hidden)!.Passed), Is.EqualTo((false, false)));
    }

    /// <summary>Verifies, without a reference, a graph that looks up 8 ids and multiplies by a 4 by 4 matrix.</summary>
    private static VerificationReport VerifyTable(Func<GraphBuilder, Value> build)
    {
        ModelProto model = new() { IrVersion = 8, Graph = new GraphProto { Name = "table" } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        GraphBuilder g = new(model.Graph);
        g.Input("input_ids", TensorProto.Types.DataType.Int64, "batch", "sequence");
        g.Output(build(g), TensorProto.Types.DataType.Float, "batch", "sequence", 4);
        string folder = Directory.CreateTempSubdirectory("glossa-verify-table-").FullName;
        OnnxFile.Write(Path.Combine(folder, "model.onnx"), model);
        VerificationReport report = ModelVerification.Verify(folder, new VerificationOptions { Loss = LossKind.Mse });
        Directory.Delete(folder, recursive: true);
        return report;
    }

    [Test]
    public void VerifySet_OneFolderIsDamaged_TheOthersAreStillVerified()
    {
        string folder = Directory.CreateTempSubdirectory("glossa-verify-set-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "a"));
        File.WriteAllText(Path.Combine(folder, "a", "model.onnx"), "no model");
        Directory.Move(ReferenceFixtures.Copy("llama-dynamo23"), Path.Combine(folder, "b"));
        IReadOnlyList<VerificationReport> reports = VerificationSet.Verify(folder, new VerificationOptions());
        Directory.Delete(folder, recursive: true);
        Assert.That(reports.Select(report => report.Passed), Is.EqualTo((bool[])[false, true]));
        Assert.That(reports[0].Notes[0], Does.Contain("damaged model file"));
    }
}

/// <summary>Weights of a small graph.</summary>
file static class TableWeights
{
    public static Value Table(this GraphBuilder g) => g.Initializer(OnnxFactory.Tensor("table.weight", [8, 4], Draw(32, 1)));

    public static Value Matrix(this GraphBuilder g) => g.Initializer(OnnxFactory.Tensor("dense.weight", [4, 4], Draw(16, 2)));

    private static float[] Draw(int count, ulong seed)
    {
        SeededRandom random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextNormal())];
    }
}
