using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;
using Glossa.Training.Engines;
using Glossa.Training.Engines.Cuda;
using Glossa.Training.Safetensors;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Train;

/// <summary>The loop is the same for an engine that keeps weights and moments to itself and says late what a step gave.</summary>
[TestFixture]
internal sealed class TrainerEngineTests
{
    private const int First = 40, Second = 10;

    [Test]
    public void Train_DeviceEngine_TrainsAsTheHostDoes()
    {
        using TemporaryFolder folder = new();
        TrainingResult host = Train(folder["host"], device: false), device = Train(folder["device"], device: true);
        Assert.That(device.Phases.Select(phase => (phase.Steps, phase.Tokens)), Is.EqualTo(host.Phases.Select(phase => (phase.Steps, phase.Tokens))));
        Assert.That(device.Curve.Select(point => (point.Step, point.Phase, point.Tokens, point.LearningRateFactor)),
            Is.EqualTo(host.Curve.Select(point => (point.Step, point.Phase, point.Tokens, point.LearningRateFactor))));
        foreach ((CurvePoint got, CurvePoint want) in device.Curve.Zip(host.Curve)) Assert.That(got.Loss, Is.EqualTo(want.Loss).Within(1e-4 * want.Loss));
        AssertClose(Weights(folder["device"]), Weights(folder["host"]));
    }

    [TestCase(3)]
    [TestCase(First)]
    public void Train_DeviceEngineStopped_GoesOnToTheSameBits(int stopAfter)
    {
        using TemporaryFolder folder = new();
        Train(folder["whole"], device: true);
        using CancellationTokenSource stop = new();
        Assert.That(() => Train(folder["stopped"], device: true, new Stopping(stop, stopAfter), stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Train(folder["stopped"], device: true);
        Assert.That(File.ReadAllBytes(Final(folder["stopped"])), Is.EqualTo(File.ReadAllBytes(Final(folder["whole"]))));
    }

    [Test]
    public void Train_DeviceEngineDiverges_SaysAtWhichStep()
    {
        using TemporaryFolder folder = new();
        using CudaEngine engine = new(ToyTraining.Step(EngineKind.Cuda), ToyTraining.Start, new CpuDevice());
        engine.Parameters.Span[5] = float.NaN;
        using Trainer trainer = new(engine, ToyTraining.Options);
        Assert.That(() => trainer.Train(ToyTraining.Phases(First, Second), Context(folder.Path, null, default)),
            Throws.TypeOf<WorkException>().With.Message.Contains("the loss is NaN at step 1 of phase 'first'"));
    }

    [Test]
    public void Estimate_DeviceEngine_ChangesNoBitOfTheWeights()
    {
        using TemporaryFolder folder = new();
        Train(folder["without"], device: true);
        using CudaEngine engine = new(ToyTraining.Step(EngineKind.Cuda), ToyTraining.Start, new CpuDevice());
        using Trainer trainer = new(engine, ToyTraining.Options);
        Assert.That(trainer.Estimate(ToyTraining.Phases(First, Second)).Seconds, Is.GreaterThan(0));
        trainer.Train(ToyTraining.Phases(First, Second), Context(folder["with"], null, default));
        Assert.That(File.ReadAllBytes(Final(folder["with"])), Is.EqualTo(File.ReadAllBytes(Final(folder["without"]))));
    }

    [TestCase(EngineKind.Cpu, 256, 8)]
    [TestCase(EngineKind.Cuda, 256, 64)]
    [TestCase(EngineKind.Cuda, 1000, 8)]
    [TestCase(EngineKind.Cuda, 96, 32)]
    public void LengthMultiple_AnyContext_DividesIt(EngineKind kind, int context, int multiple) => Assert.That(Pipeline.Train.Engines.LengthMultiple(kind, context), Is.EqualTo(multiple));

    private static TrainingResult Train(string folder, bool device, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        EngineKind kind = device ? EngineKind.Cuda : EngineKind.Cpu;
        using ITrainingEngine engine = device
            ? new CudaEngine(ToyTraining.Step(kind), ToyTraining.Start, new CpuDevice())
            : new CpuEngine(ToyTraining.Step(kind), ToyTraining.Start, 1);
        using Trainer trainer = new(engine, ToyTraining.Options);
        return trainer.Train(ToyTraining.Phases(First, Second), Context(folder, progress, cancellation));
    }

    private static StageContext Context(string folder, IProgressReporter? progress, CancellationToken cancellation) =>
        new(Directory.CreateDirectory(Path.Combine(folder, "out")).FullName, Path.Combine(folder, "scratch")) { Progress = progress ?? SilentProgress.Instance, Cancellation = cancellation };

    private static string Final(string folder) => Path.Combine(folder, "out", TrainStage.WeightsFolder, TrainStage.FinalName);

    private static Dictionary<string, float[]> Weights(string folder)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(Final(folder));
        return reader.Entries.ToDictionary(entry => entry.Name, entry => reader.ReadFloats(entry.Name));
    }

    private static void AssertClose(Dictionary<string, float[]> got, Dictionary<string, float[]> want)
    {
        Assert.That(got.Keys, Is.EquivalentTo(want.Keys));
        foreach ((string name, float[] values) in want) Assert.That(got[name], Is.EqualTo(values).Within(1e-3 * values.Max(MathF.Abs)), name);
    }

    // Asks to stop once so many steps are known to have been taken.
    private sealed class Stopping(CancellationTokenSource stop, int steps) : IProgressReporter
    {
        private int _known;

        public void StageStarted(string stage)
        {
        }

        public void Report(in ProgressUpdate update)
        {
            if (++_known >= steps) stop.Cancel();
        }

        public void Note(string message)
        {
        }

        public void StageFinished(string stage, double seconds, bool cached)
        {
        }
    }
}
