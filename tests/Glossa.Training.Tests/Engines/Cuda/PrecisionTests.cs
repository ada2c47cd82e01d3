using Glossa.Training.Checkpoints;
using Glossa.Training.Engines;
using Glossa.Training.Engines.Cuda;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Engines.Cuda;

/// <summary>16-bit products by emulation: how far gradients are from float32's, that training arrives at the same loss, and what an overflow does.</summary>
internal sealed class PrecisionTests
{
    // Share of the whole gradient that rounding operands and results may change: 2^-8 and 2^-11 a rounding, some of them behind each other.
    [TestCase(StepPrecision.Bf16, 2e-2, 2e-3)]
    [TestCase(StepPrecision.Fp16, 3e-3, 2e-4)]
    public void Run_Halves_StaysCloseToFloat32(StepPrecision precision, double most, double least)
    {
        using ITrainingEngine full = SmallModel.Device();
        using CudaEngine half = SmallModel.Device(precision);
        double expected = full.Run(SmallModel.Batches(0), SmallModel.Weight), loss = half.Run(SmallModel.Batches(0), SmallModel.Weight);
        double distance = Distance(half.Gradients, full.Gradients);
        TestContext.Out.WriteLine($"{precision}: loss off by {Math.Abs(loss - expected) / expected:0.0e+0}, gradient by {distance:0.0e+0}");
        Assert.That(loss, Is.EqualTo(expected).Within(most * expected));
        Assert.That(distance, Is.LessThan(most).And.GreaterThan(least), "rounded, and only rounded");
    }

    [TestCase(StepPrecision.Bf16)]
    [TestCase(StepPrecision.Fp16)]
    public void Train_Halves_ReachesTheLossOfFloat32(StepPrecision precision)
    {
        using CudaEngine full = SmallModel.Device(), half = SmallModel.Device(precision);
        using ITrainingRun wide = full.Begin(SmallModel.Rules), narrow = half.Begin(SmallModel.Rules);
        List<StepOutcome> want = SmallModel.Train(wide, 60), got = SmallModel.Train(narrow, 60);
        double wanted = want.TakeLast(10).Average(outcome => outcome.Loss), reached = got.TakeLast(10).Average(outcome => outcome.Loss);
        TestContext.Out.WriteLine($"{precision}: {reached:F6}, float32 {wanted:F6}, from {want[0].Loss:F4}");
        Assert.That(wanted, Is.LessThan(want[0].Loss * 0.5));
        Assert.That(reached, Is.EqualTo(wanted).Within(0.02 * want[0].Loss));
    }

    [Test]
    public void Train_GradientsOverflowFloat16_HalvesTheScaleUntilTheyDoNot()
    {
        using CudaEngine engine = SmallModel.Device(StepPrecision.Fp16);
        using ITrainingRun run = engine.Begin(SmallModel.Rules);
        TrainingState state = run.State;
        state.LossScale!.Span[0] = 1 << 24;
        run.Upload();
        float[] before = engine.Parameters.Span.ToArray();
        List<StepOutcome> outcomes = SmallModel.Train(run, 12);
        int left = outcomes.TakeWhile(outcome => outcome.LeftOut).Count();
        Assert.That(left, Is.GreaterThan(0), "a scale of 2^24 overflows");
        Assert.That(outcomes.Skip(left).Select(outcome => outcome.LeftOut), Is.Not.Empty.And.None.EqualTo(true));
        Assert.That(outcomes.Select(outcome => outcome.HasDiverged), Has.None.EqualTo(true));
        run.Download();
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(state.LossScale.Span[0], Is.EqualTo((1 << 24) / MathF.Pow(2, left)));
        Assert.That(state.Optimizer.StepCount, Is.EqualTo(12 - left), "a step that is left out is none of the optimizer's");
        Assert.That(engine.Parameters.Span.ToArray(), Is.Not.EqualTo(before).And.None.NaN);
    }

    [Test]
    public void Train_WeightsAreNoNumbers_HasDiverged()
    {
        using CudaEngine engine = SmallModel.Device();
        engine.Parameters.Span[3] = float.NaN;
        using ITrainingRun run = engine.Begin(SmallModel.Rules);
        Assert.That(SmallModel.Train(run, 1)[0].HasDiverged);
    }

    private static double Distance(FloatBuffer left, FloatBuffer right) =>
        Math.Sqrt(left.Span.ToArray().Zip(right.Span.ToArray(), (a, b) => ((double)a - b) * ((double)a - b)).Sum() / right.Span.ToArray().Sum(b => (double)b * b));
}
