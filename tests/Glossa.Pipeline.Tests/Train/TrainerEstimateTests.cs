using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;
using Glossa.Training.Engines;
using Glossa.Training.Optimizers;
using Glossa.Training.Schedules;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Train;

/// <summary>What training will take is found out by training steps that leave no trace.</summary>
[TestFixture]
internal sealed class TrainerEstimateTests
{
    private const int Vocabulary = 40, Sequence = 8, Batch = 2;

    [Test]
    public void Estimate_BeforeTraining_ChangesNoBitOfTheWeights()
    {
        byte[] without = Train(estimate: false, out _), with = Train(estimate: true, out TrainingEstimate? estimate);
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(with, Is.EqualTo(without));
        Assert.That(estimate!.Steps, Is.EqualTo(6));
        Assert.That(estimate.Tokens, Is.EqualTo(6 * 3 * Batch * (Sequence - 1)));
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
        TransformerOptions options = new() { Vocabulary = Vocabulary, TextVocabulary = Vocabulary, Layers = 1, Width = 16, Heads = 2, KeyValueHeads = 2, HeadSize = 8, FeedForward = 32, Context = 16 };
        Dictionary<string, float[]> initial = TransformerParameters.Of(options).ToDictionary(p => p.Name, p => p.Initialize(1));
        StepModel step = TrainingStep.Build(TrainingGraph.Build(options, initial), new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true });
        using CpuEngine engine = new(step, initial, 2);
        using Trainer trainer = new(engine, new TrainerOptions { Optimizer = OptimizerOptions.Default(), Lanes = 2, Ema = 0.9 });
        PlannedPhase[] phases = [Phase("first", 2), Phase("second", 4)];
        found = estimate ? trainer.Estimate(phases) : null;
        using TemporaryFolder folder = new();
        string output = Directory.CreateDirectory(Path.Combine(folder.Path, "out")).FullName;
        trainer.Train(phases, new StageContext(output, Path.Combine(folder.Path, "scratch")));
        return File.ReadAllBytes(Path.Combine(output, TrainStage.WeightsFolder, TrainStage.FinalName));
    }

    private static PlannedPhase Phase(string name, int steps) => new(name, ["xx"], 1, new Drawn(steps), new ScheduleOptions(), 1, false);

    // Three micro-batches a step, by its number alone.
    private sealed record Drawn(int Steps) : IBatchSource
    {
        public string Unit => "tokens";

        public int Labels(int index) => 3 * Batch * (Sequence - 1);

        public IReadOnlyList<MicroBatch> MicroBatches(int index)
        {
            SeededRandom random = new((ulong)index);
            return [.. Enumerable.Range(0, 3).Select(_ =>
            {
                long[] ids = [.. Enumerable.Range(0, Batch * Sequence).Select(_ => (long)random.NextInt32(Vocabulary))];
                return MicroBatch.OfTokens(Batch, Sequence, ids, ids);
            })];
        }
    }
}
