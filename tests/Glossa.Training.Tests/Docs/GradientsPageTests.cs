using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Steps;
using Glossa.Training.Tests.Verification;
using Glossa.Training.Verification;
using NUnit.Framework;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Tests.Docs;

/// <summary>The code of docs/gradients.md is the code of this test.</summary>
[TestFixture]
internal sealed class GradientsPageTests
{
    [Test]
    public void Snippet_Runs()
    {
        string path = Path.Combine(ReferenceFixtures.OwnFolder("llama-dynamo23"), "model.onnx");
        string stepPath = Path.Combine(Path.GetTempPath(), $"glossa-step-{Guid.NewGuid():N}.onnx");
        // begin
        ImportedModel model = ModelImport.Read(path, new ImportOptions { Freeze = ["*embed*"] });
        StepModel step = TrainingStep.Build(model, new StepOptions { Loss = LossKind.CausalLm });
        OnnxFile.Write(stepPath, step.Model);

        using StepRunner runner = new(step);
        runner.Load(model.Forward.Graph);
        double loss = runner.Run(
        [
            new FeedTensor("input_ids", DataType.Int64, [1, 4], new long[] { 5, 6, 7, 8 }),
            new FeedTensor("attention_mask", DataType.Int64, [1, 4], new long[] { 1, 1, 1, 1 }),
            new FeedTensor("labels", DataType.Int64, [1, 4], new long[] { 5, 6, 7, -100 }),
        ]);
        ReadOnlySpan<float> gradient = runner.Gradients.Slice(runner.Layout["model.norm.weight"]);
        // end
        File.Delete(stepPath);
        Assert.That(loss, Is.GreaterThan(0).And.LessThan(100));
        Assert.That(gradient.ToArray(), Has.Some.Not.Zero);
    }

    [Test]
    public void Snippet_OfThePage_IsTheOneThatRuns()
    {
        string root = Path.GetFullPath(Path.Combine(ReferenceFixtures.OwnFolder(""), "..", "..", ".."));
        string[] page = [.. File.ReadAllLines(Path.Combine(root, "docs", "gradients.md")).SkipWhile(line => line != "<!-- snippet -->").Skip(2).TakeWhile(line => line != "```")];
        string[] code = [.. File.ReadAllLines(Path.Combine(root, "tests", "Glossa.Training.Tests", "Docs", "GradientsPageTests.cs"))
            .SkipWhile(line => line.Trim() != "// begin").Skip(1).TakeWhile(line => line.Trim() != "// end").Select(line => line.Length > 8 ? line[8..] : line)];
        Assert.That(code, Is.EqualTo(page).And.Not.Empty);
    }
}
