using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;
using Glossa.Training.Engines;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Train;

/// <summary>What training will take is found out by training steps that leave no trace.</summary>
[TestFixture]
internal sealed class TrainerEstimateTests
{
    [Test]
    public void Estimate_BeforeTraining_ChangesNoBitOfTheWeights()
    {
        byte[] without = Train(estimate: false, out _), with = Train(estimate: true, out TrainingEstimate? estimate);
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(with, Is.EqualTo(without));
        Assert.That(estimate!.Steps, Is.EqualTo(6));
        Assert.That(estimate.Tokens, Is.EqualTo(6 * ToyTraining.MicroBatches * ToyTraining.Batch * (ToyTraining.Sequence - 1)));
        Assert.That(estimate.Seconds, Is.GreaterThan(0));
        Assert.That(estimate.MemoryBytes, Is.GreaterThan(1 << 20));
    }

    [TestCase(45, "45 seconds")]
    [TestCase(600, "10 minutes")]
    [TestCase(9000, "2.5 hours")]
    public void ToString_SaysTheTimeInAUnitThatFits(double seconds, string expected) =>
        Assert.That(new TrainingEstimate(1000, 2000, 3, 1 << 20, seconds).ToString(), Is.EqualTo($"1,000 parameters, 2,000 tokens in 3 steps: about {expected} and 1 MiB of memory"));

    private static byte[] Train(bool estimate, out TrainingEstimate? found)
    {
        using CpuEngine engine = new(ToyTraining.Step(EngineKind.Cpu), ToyTraining.Start, 2);
        using Trainer trainer = new(engine, ToyTraining.Options);
        PlannedPhase[] phases = ToyTraining.Phases(2, 4);
        found = estimate ? trainer.Estimate(phases) : null;
        using TemporaryFolder folder = new();
        string output = Directory.CreateDirectory(Path.Combine(folder.Path, "out")).FullName;
        trainer.Train(phases, new StageContext(output, Path.Combine(folder.Path, "scratch")));
        return File.ReadAllBytes(Path.Combine(output, TrainStage.WeightsFolder, TrainStage.FinalName));
    }
}
