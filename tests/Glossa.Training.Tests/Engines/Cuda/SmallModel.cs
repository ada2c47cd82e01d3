using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using Glossa.Training.Engines.Cuda;
using Glossa.Training.Optimizers;
using Glossa.Training.Tests.OrtTraining;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Tests.Engines.Cuda;

/// <summary>A small causal model, its data, and engines over it.</summary>
internal static class SmallModel
{
    public static readonly TransformerOptions Options = PresetArtifactsTests.Nanochat with { Dropout = 0.1f };

    public static readonly UpdateRules Rules = new() { Optimizer = OptimizerOptions.Default(), Clip = 1, Ema = 0.9, Lanes = 1, Transposed = new HashSet<string> { "model.layers.0.mlp.fc1.weight" } };

    private static readonly Dictionary<string, float[]> Start =
        TransformerParameters.Of(Options).ToDictionary(spec => spec.Name, spec => (spec with { Init = ParameterInit.Normal, Scale = 0.2f }).Initialize(5));

    private static readonly StepModel Usual = Build(staticShapes: false), Static = Build(staticShapes: true);

    private static readonly StepModel SoftUsual = Build(staticShapes: false, soft: true), SoftStatic = Build(staticShapes: true, soft: true);

    public static ITrainingEngine Host(float dropout = 0, bool soft = false) => new CpuEngine(soft ? SoftUsual : Usual, Start, 1, dropout);

    /// <summary>An engine over a step that reads distributions in place of labels.</summary>
    public static CudaEngine SoftDevice(StepPrecision precision) => new(SoftStatic, Start, new CpuDevice(), precision);

    /// <summary>The batches with a distribution for each label: half itself, half two more classes.</summary>
    public static MicroBatch[] SoftBatches(int number) => [.. Batches(number).Select(batch =>
    {
        long[] shape = [.. batch.ShapeOf(StepModel.Labels), 3];
        int cells = (int)(shape[0] * shape[1]);
        long[] ids = [.. Enumerable.Range(0, cells * 3).Select(at => (long)(at / 3 * 5 + at % 3 * 11 + number) % Options.TextVocabulary)];
        float[] weights = [.. Enumerable.Range(0, cells).SelectMany(_ => new[] { 0.5f, 0.375f, 0.125f })];
        return batch with { Inputs = [.. batch.Inputs, BatchInput.Of(StepModel.TargetIds, ids, shape), BatchInput.Of(StepModel.TargetWeights, weights, shape)] };
    })];

    public static CudaEngine Device(StepPrecision precision = StepPrecision.Fp32, ComputeDevice? device = null, float dropout = 0, bool staticShapes = true) =>
        new(staticShapes ? Static : Usual, Start, device ?? new CpuDevice(), precision, dropout);

    /// <summary>Micro-batches of a step, of two shapes, one of them twice.</summary>
    public static MicroBatch[] Batches(int number) => [Batch(number, 2, 12), Batch(number + 7, 3, 8), Batch(number + 9, 2, 12)];

    /// <summary>1 over the labels of <see cref="Batches"/>.</summary>
    public const float Weight = 1f / (11 + 11 + 21 + 11 + 11);

    /// <summary>Outcomes of steps over data that repeats.</summary>
    public static List<StepOutcome> Train(ITrainingRun run, int steps, int from = 0)
    {
        List<StepOutcome> outcomes = [];
        for (int step = from; step < from + steps; step++)
        {
            run.Gradient(Batches(step % 5), Weight);
            run.Update(0.3f);
            outcomes.AddRange(run.Outcomes(all: step == from + steps - 1));
        }
        return outcomes;
    }

    private static MicroBatch Batch(int number, int rows, int length)
    {
        long[] ids = [.. Enumerable.Range(0, rows * length).Select(at => (long)((at * 5 + at / length * 7 + number) % Options.TextVocabulary))];
        return MicroBatch.OfTokens(rows, length, ids, [.. ids.Select((id, at) => at % length == 0 ? StepModel.IgnoredLabel : id)]) with { Seed = (ulong)number };
    }

    private static StepModel Build(bool staticShapes, bool soft = false) =>
        TrainingStep.Build(TrainingGraph.Build(Options, Start), new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true, StaticShapes = staticShapes, SoftTargets = soft });
}

/// <summary>Records launches as a GPU does: what is new runs twice, and then reads the addresses that it was recorded with.</summary>
internal sealed class RecordingDevice : CpuDevice
{
    private readonly Dictionary<(InferenceSession Session, int Number), OrtIoBinding> _recorded = [];

    public override bool RecordsLaunches => true;

    public int Recordings => _recorded.Count;

    internal override void Run(InferenceSession session, OrtIoBinding binding, int recording)
    {
        if (recording > 0 && _recorded.TryAdd((session, recording), binding)) base.Run(session, binding, 0);
        base.Run(session, binding, 0);
    }
}
