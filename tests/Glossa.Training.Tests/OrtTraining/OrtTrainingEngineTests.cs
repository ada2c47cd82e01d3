using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using Glossa.Training.Engines.OrtTraining;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>The engine over the real runtime gives what the plain engine gives: losses, gradients, and so whole trainings by any optimizer.</summary>
internal sealed class OrtTrainingEngineTests
{
    private static readonly TransformerOptions Options = PresetArtifactsTests.Nanochat with { Dropout = 0.1f };

    [Test]
    public void Run_RealRuntime_GivesTheGradientsOfTheCpuEngine()
    {
        using ITrainingEngine real = Real(), own = Own();
        double expected = own.Run(Batches(0), 1f / 40), loss = real.Run(Batches(0), 1f / 40);
        Assert.That(loss, Is.EqualTo(expected).Within(1e-5 * expected));
        foreach (ParameterSlot slot in own.Layout.Slots)
        {
            float[] want = own.Gradients.Slice(slot).ToArray(), got = real.Gradients.Slice(real.Layout[slot.Name]).ToArray();
            float largest = want.Max(MathF.Abs);
            Assert.That(largest, Is.GreaterThan(0), slot.Name);
            Assert.That(got, Is.EqualTo(want).Within(1e-5 * largest), slot.Name);
        }
    }

    [Test]
    public void Run_TwiceOnTheSameBatches_GivesTheSameBits()
    {
        using ITrainingEngine engine = Real();
        double first = engine.Run(Batches(3), 0.02f);
        float[] gradients = engine.Gradients.Span.ToArray();
        Assert.That(engine.Run(Batches(3), 0.02f), Is.EqualTo(first));
        Assert.That(engine.Gradients.Span.ToArray(), Is.EqualTo(gradients));
    }

    [Test]
    public void Training_ByMuonAndAdamW_FollowsTheCpuEngine()
    {
        using ITrainingEngine real = Real(), own = Own();
        double[] got = Train(real), want = Train(own);
        Assert.That(want[^1], Is.LessThan(want[0] * 0.9));
        for (int i = 0; i < want.Length; i++) Assert.That(got[i], Is.EqualTo(want[i]).Within(1e-4 * want[i]), $"step {i}");
    }

    [Test]
    public void Create_RuntimeWithoutTraining_SaysWhichPackage()
    {
#if ONNXRUNTIME_TRAINING
        Assert.Ignore("this build has the training API");
#endif
        InputException error = Assert.Throws<InputException>(() => Engine(folder => new TrainingApiRuntime(folder, 1)).Dispose())!;
        Assert.That(error.Message, Does.Contain("training API").And.Contain("-p:OnnxRuntime=Training"));
        Assert.That(error.Message, Does.Not.Contain("\n"));
    }

    private static double[] Train(ITrainingEngine engine)
    {
        using Optimizer optimizer = new(engine.Layout, OptimizerOptions.Default());
        return [.. Enumerable.Range(0, 12).Select(i =>
        {
            double loss = engine.Run(Batches(i % 3), 1f / 40);
            optimizer.Step(engine.Parameters, engine.Gradients, 0.3f);
            return loss;
        })];
    }

    private static OrtTrainingEngine Real() => Engine(folder => new NodeRuntime(folder));

    private static OrtTrainingEngine Engine(Func<string, ITrainingRuntime> open)
    {
        (StepModel step, Dictionary<string, float[]> start) = Step(accumulate: false);
        return new OrtTrainingEngine(step, start, open, Options.Dropout);
    }

    private static CpuEngine Own()
    {
        (StepModel step, Dictionary<string, float[]> start) = Step(accumulate: true);
        return new CpuEngine(step, start, 1, Options.Dropout);
    }

    private static (StepModel Step, Dictionary<string, float[]> Start) Step(bool accumulate)
    {
        Dictionary<string, float[]> start = TransformerParameters.Of(Options)
            .ToDictionary(spec => spec.Name, spec => (spec with { Init = ParameterInit.Normal, Scale = 0.2f }).Initialize(5));
        ModelProto forward = TrainingGraph.Build(Options, start);
        return (TrainingStep.Build(forward, new StepOptions { TimeMajor = true, Accumulate = accumulate, WeightedLoss = true }), start);
    }

    // Two micro-batches of different shape, so that what is added up and what is weighted shows.
    private static MicroBatch[] Batches(int number) => [Batch(number, 2, 12), Batch(number + 7, 3, 8)];

    private static MicroBatch Batch(int number, int rows, int length)
    {
        long[] ids = [.. Enumerable.Range(0, rows * length).Select(at => (long)((at * 5 + at / length * 7 + number) % Options.TextVocabulary))];
        return MicroBatch.OfTokens(rows, length, ids, [.. ids.Select((id, at) => at % length == 0 ? StepModel.IgnoredLabel : id)]) with { Seed = (ulong)number };
    }
}
