using System.Text.Json;
using Glossa.Training.Checkpoints;
using Glossa.Training.Deltas;
using Glossa.Training.Engines;
using Glossa.Training.Engines.Cuda;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Engines.Cuda;

/// <summary>The engine's whole logic in the host's memory: what a GPU adds is kernels.</summary>
internal sealed class CudaEngineTests
{
    private static readonly float Dropout = SmallModel.Options.Dropout;

    [Test]
    public void Run_Float32_GivesTheGradientsOfTheCpuEngine([Values] bool staticShapes)
    {
        using ITrainingEngine host = SmallModel.Host(Dropout);
        using CudaEngine device = SmallModel.Device(dropout: Dropout, staticShapes: staticShapes);
        for (int i = 0; i < 2; i++)
        {
            double expected = host.Run(SmallModel.Batches(i), SmallModel.Weight);
            Assert.That(device.Run(SmallModel.Batches(i), SmallModel.Weight), Is.EqualTo(expected).Within(1e-6 * expected));
            AssertClose(device, host, 1e-6);
        }
    }

    [TestCase(StepPrecision.Fp32, 1e-6)]
    [TestCase(StepPrecision.Fp16, 1e-2)]
    public void Run_SoftTargets_GivesTheGradientsOfTheCpuEngine(StepPrecision precision, double tolerance)
    {
        using ITrainingEngine host = SmallModel.Host(soft: true);
        using CudaEngine device = SmallModel.SoftDevice(precision);
        double expected = host.Run(SmallModel.SoftBatches(1), SmallModel.Weight);
        Assert.That(device.Run(SmallModel.SoftBatches(1), SmallModel.Weight), Is.EqualTo(expected).Within(tolerance * expected));
        AssertClose(device, host, tolerance);
    }

    [Test]
    public void Train_HundredSteps_HasTheLossesOfTheCpuEngine()
    {
        using ITrainingEngine host = SmallModel.Host(Dropout), device = SmallModel.Device(dropout: Dropout);
        using ITrainingRun expected = host.Begin(SmallModel.Rules), run = device.Begin(SmallModel.Rules);
        List<StepOutcome> want = SmallModel.Train(expected, 100), got = SmallModel.Train(run, 100);
        double worst = want.Zip(got, (a, b) => Math.Abs(a.Loss - b.Loss) / a.Loss).Max();
        TestContext.Out.WriteLine($"losses from {want[0].Loss:F4} to {want[^1].Loss:F4}, largest relative difference {worst:0.0e+0}");
        Assert.That(want[^1].Loss, Is.LessThan(want[0].Loss * 0.5));
        Assert.That(worst, Is.LessThan(1e-5));
        for (int i = 0; i < want.Count; i++) Assert.That(got[i].Norm, Is.EqualTo(want[i].Norm).Within(1e-4 * want[i].Norm));
        run.Download();
        foreach ((FloatBuffer left, FloatBuffer right) in Buffers(run.State).Zip(Buffers(expected.State)))
            Assert.That(Distance(left, right), Is.LessThan(1e-3));
        Assert.That((run.State.Optimizer.StepCount, run.State.Average!.Updates), Is.EqualTo((100L, 100L)));
    }

    [Test]
    public void Train_RecordedLaunches_GivesTheSameBits()
    {
        RecordingDevice recording = new();
        using CudaEngine recorded = SmallModel.Device(StepPrecision.Fp16, recording), plain = SmallModel.Device(StepPrecision.Fp16);
        using ITrainingRun left = recorded.Begin(SmallModel.Rules), right = plain.Begin(SmallModel.Rules);
        Assert.That(SmallModel.Train(left, 6), Is.EqualTo(SmallModel.Train(right, 6)));
        // Two shapes and the optimizer, each with both copies of the weights.
        Assert.That(recording.Recordings, Is.EqualTo(6));
        left.Download();
        right.Download();
        Assert.That(Bits(left.State), Is.EqualTo(Bits(right.State)));
        Assert.That((recorded.Records, plain.Records), Is.EqualTo((true, false)));
    }

    [Test]
    public void Records_ShapesOfData_AreNotRecorded()
    {
        using CudaEngine engine = SmallModel.Device(device: new RecordingDevice(), staticShapes: false);
        Assert.That(engine.Records, Is.False);
    }

    [TestCase(StepPrecision.Fp32)]
    [TestCase(StepPrecision.Fp16)]
    public void Resume_FromACheckpoint_GivesTheSameBits(StepPrecision precision)
    {
        string folder = Directory.CreateTempSubdirectory("glossa-cuda-tests").FullName;
        try
        {
            CheckpointStore store = new(folder);
            int[] whole;
            using (CudaEngine engine = SmallModel.Device(precision, dropout: Dropout))
            using (ITrainingRun run = engine.Begin(SmallModel.Rules))
            {
                SmallModel.Train(run, 5);
                run.Download();
                store.Save(run.State, 5, JsonSerializer.SerializeToElement(5));
                SmallModel.Train(run, 4, from: 5);
                run.Download();
                whole = Bits(run.State);
            }
            using CudaEngine other = SmallModel.Device(precision, dropout: Dropout);
            using ITrainingRun resumed = other.Begin(SmallModel.Rules);
            Assert.That(store.RestoreLatest(resumed.State).Checkpoint!.Step, Is.EqualTo(5));
            resumed.Upload();
            SmallModel.Train(resumed, 4, from: 5);
            resumed.Download();
            Assert.That(Bits(resumed.State), Is.EqualTo(whole));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Test]
    public void Run_BetweenTrainingSteps_ReadsTheTrainedWeights()
    {
        using CudaEngine engine = SmallModel.Device();
        double before = engine.Run(SmallModel.Batches(0), SmallModel.Weight);
        using ITrainingRun run = engine.Begin(SmallModel.Rules);
        SmallModel.Train(run, 30);
        double trained = engine.Run(SmallModel.Batches(0), SmallModel.Weight);
        Assert.That(trained, Is.LessThan(before * 0.9));
        Assert.That(SmallModel.Train(run, 1, from: 30)[0].Loss, Is.EqualTo(trained).Within(1e-5 * trained), "the run goes on from there");
    }

    [Test]
    public void SecondsOfUpdate_BeforeTraining_LeavesNoTrace()
    {
        using CudaEngine probed = SmallModel.Device(), plain = SmallModel.Device();
        using ITrainingRun left = probed.Begin(SmallModel.Rules), right = plain.Begin(SmallModel.Rules);
        left.Gradient(SmallModel.Batches(3), 1);
        Assert.That(left.SecondsOfUpdate(), Is.GreaterThan(0));
        Assert.That(SmallModel.Train(left, 3), Is.EqualTo(SmallModel.Train(right, 3)));
    }

    [Test]
    public void Reset_AfterSteps_ForgetsMomentsAndKeepsWeights()
    {
        using CudaEngine engine = SmallModel.Device();
        using ITrainingRun run = engine.Begin(SmallModel.Rules);
        SmallModel.Train(run, 3);
        run.Reset();
        float[] weights = engine.Parameters.Span.ToArray();
        run.Download();
        Assert.That(engine.Parameters.Span.ToArray(), Is.EqualTo(weights));
        Assert.That(run.State.Optimizer.StepCount, Is.Zero);
        Assert.That(run.State.Optimizer.State.SelectMany(state => state.Buffer.Span.ToArray()), Is.All.Zero);
    }

    [Test]
    public void Begin_Selection_MovesTheChosenWeightsAlone()
    {
        using CudaEngine engine = SmallModel.Device();
        using FloatBuffer before = new(engine.Layout.Length);
        engine.Parameters.Span.CopyTo(before.Span);
        using (ITrainingRun first = engine.Begin(SmallModel.Rules))
        {
            SmallModel.Train(first, 3);
            first.Download();
        }
        using SparseSelection selection = SparseSelection.OfLargestChanges(engine.Layout, before, engine.Parameters, 0.05, _ => false);
        before.Span.CopyTo(engine.Parameters.Span);
        using ITrainingRun run = engine.Begin(SmallModel.Rules with { Selection = selection, Optimizer = OptimizerOptions.AdamW(0.01f) });
        SmallModel.Train(run, 3);
        run.Download();
        int moved = engine.Layout.Slots.Sum(slot => engine.Parameters.Slice(slot).ToArray().Zip(before.Slice(slot).ToArray(), (now, then) => now == then ? 0 : 1).Sum());
        Assert.That(moved, Is.GreaterThan(selection.Count * 9 / 10).And.AtMost(selection.Count));
    }

    [Test]
    public void Run_InputThatTheGraphDoesNotTake_IsNamed()
    {
        using CudaEngine engine = SmallModel.Device();
        MicroBatch batch = new([.. SmallModel.Batches(0)[0].Inputs, BatchInput.Of("token_type_ids", new long[4], 2, 2)]);
        Assert.That(() => engine.Run([batch], 1), Throws.TypeOf<InputException>().With.Message.Contains("no input 'token_type_ids'"));
    }

    [Test]
    public void CudaDevice_NoProviderOrNoGpu_SaysWhatToDo()
    {
        InputException error;
        try
        {
            new CudaDevice(tf32: true).Dispose();
            Assert.Ignore("there is a GPU");
            return;
        }
        catch (InputException e)
        {
            error = e;
        }
        TestContext.Out.WriteLine(error.Message);
        Assert.That(error.Message, Does.Contain(CudaDevice.IsAvailable ? "LD_LIBRARY_PATH" : "-p:OnnxRuntime=Gpu").And.Not.Contain("\n"));
        Assert.That(error.Message, Does.Not.Match("[.]cc|[.]h:"), "no place in the runtime's source");
    }

    private static IEnumerable<FloatBuffer> Buffers(TrainingState state) => [state.Parameters, state.Average!.Average, .. state.Optimizer.State.Select(s => s.Buffer)];

    private static int[] Bits(TrainingState state) => [.. Buffers(state).SelectMany(buffer => buffer.Span.ToArray()).Select(BitConverter.SingleToInt32Bits)];

    private static double Distance(FloatBuffer left, FloatBuffer right) =>
        Math.Sqrt(left.Span.ToArray().Zip(right.Span.ToArray(), (a, b) => ((double)a - b) * ((double)a - b)).Sum() / right.Span.ToArray().Sum(b => (double)b * b));

    internal static void AssertClose(ITrainingEngine got, ITrainingEngine want, double share)
    {
        foreach (ParameterSlot slot in want.Layout.Slots)
        {
            float[] expected = want.Gradients.Slice(slot).ToArray();
            float largest = expected.Max(MathF.Abs);
            Assert.That(largest, Is.GreaterThan(0), slot.Name);
            Assert.That(got.Gradients.Slice(slot).ToArray(), Is.EqualTo(expected).Within(share * largest), slot.Name);
        }
    }
}
