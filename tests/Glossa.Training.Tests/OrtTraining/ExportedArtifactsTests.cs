using Glossa.Models.Import;
using Glossa.Models.OrtTraining;
using Glossa.Models.Steps;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using Glossa.Training.Tests.Verification;
using Glossa.Training.Verification;
using NUnit.Framework;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>Artifacts of graphs that exporters wrote: the real runtime's losses against Glossa's own engine, its gradients against the framework's.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class ExportedArtifactsTests
{
    private const int Steps = 20;

    [TestCase("t5-dynamo")]
    [TestCase("qwen2-leftpad-torchscript")]
    [TestCase("llama-dynamo23")]
    [TestCase("gpt2-dynamo")]
    [TestCase("bert-mlm-torchscript")]
    public void Train_ExportedGraph_GivesTheLossesOfOurEngine(string fixture)
    {
        string folder = Folder(fixture);
        using ReferenceFolder reference = ReferenceFolder.Open(folder);
        ImportedModel model = ModelImport.Read(Path.Combine(folder, "model.onnx"), new ImportOptions());
        using ArtifactsInFolder artifacts = new(model, new ArtifactOptions
        {
            Loss = reference.Loss,
            Output = reference.MainOutput,
            Optimizer = new() { Mode = AdamMode.PyTorch, Epsilon = 1e-8f, WeightDecay = 0.01f },
        });
        StepModel step = TrainingStep.Build(model, new StepOptions { Loss = reference.Loss, Output = reference.MainOutput });
        IReadOnlyList<FeedTensor> feeds = reference.Feeds(step.Model.Graph);
        RealTraining training = RealRuntime.Train(artifacts.Path, artifacts.Batches(feeds), Steps);
        float[] own = OwnEngine.Losses(step, model.Forward.Graph, Steps, feeds);
        OwnEngine.AssertSame(training.Losses, own);
    }

    // Plain descent at a known rate moves every parameter by its gradient times the rate; at a large one, rounding of the parameters does not blur it.
    [TestCase("t5-dynamo")]
    [TestCase("llama-dynamo23")]
    public void Step_PlainDescent_MovesByTheReferenceGradients(string fixture)
    {
        const float Rate = 1024;
        string folder = Folder(fixture);
        using ReferenceFolder reference = ReferenceFolder.Open(folder);
        ImportedModel model = ModelImport.Read(Path.Combine(folder, "model.onnx"), new ImportOptions());
        using ArtifactsInFolder artifacts = new(model,
            new ArtifactOptions { Loss = reference.Loss, Output = reference.MainOutput, Optimizer = new() { Kind = ArtifactOptimizerKind.Sgd } }, Rate * 1000);
        StepModel step = TrainingStep.Build(model, new StepOptions { Loss = reference.Loss, Output = reference.MainOutput });
        RealTraining training = RealRuntime.Train(artifacts.Path, artifacts.Batches(reference.Feeds(step.Model.Graph)), 1);
        using StepRunner runner = new(step);
        runner.Load(model.Forward.Graph);
        foreach (ParameterSlot slot in runner.Layout.Slots)
        {
            Span<float> before = runner.Parameters.Slice(slot), gradient = runner.Gradients.Slice(slot);
            float[] after = training.Parameters[slot.Name];
            for (int i = 0; i < after.Length; i++) gradient[i] = (before[i] - after[i]) / Rate;
        }
        foreach (VerificationCheck check in GradientComparison.Compare(reference, runner, fixture))
        {
            TestContext.Out.WriteLine(check);
            Assert.That(check.Worst, Is.LessThan(check.Limit), check.ToString());
        }
    }

    private static string Folder(string fixture) => ReferenceFixtures.Own.Contains(fixture) ? ReferenceFixtures.OwnFolder(fixture) : Path.Combine(Fixtures.Shared("hf"), fixture);
}
