using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;
using Glossa.Training.Engines;
using Glossa.Training.Optimizers;
using Glossa.Training.Schedules;

namespace Glossa.Pipeline.Tests.Train;

/// <summary>A loop around a model of one layer, on random ids.</summary>
internal sealed class TinyTraining : IDisposable
{
    private const int Vocabulary = 40, Sequence = 8, Batch = 2;

    private readonly CpuEngine _engine;

    public TinyTraining()
    {
        TransformerOptions options = new() { Vocabulary = Vocabulary, TextVocabulary = Vocabulary, Layers = 1, Width = 16, Heads = 2, KeyValueHeads = 2, HeadSize = 8, FeedForward = 32, Context = 16 };
        Dictionary<string, float[]> initial = TransformerParameters.Of(options).ToDictionary(p => p.Name, p => p.Initialize(1));
        StepModel step = TrainingStep.Build(TrainingGraph.Build(options, initial), new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true });
        _engine = new CpuEngine(step, initial, 2);
        Trainer = new Trainer(_engine, new TrainerOptions { Optimizer = OptimizerOptions.Default(), Lanes = 2, Ema = 0.9 });
    }

    public const int LabelsPerStep = 3 * Batch * (Sequence - 1);

    public Trainer Trainer { get; }

    /// <summary>The weights as they stand now, by name.</summary>
    public Dictionary<string, float[]> Weights => _engine.Layout.Slots.ToDictionary(slot => slot.Name, slot => _engine.Parameters.Slice(slot).ToArray());

    public static PlannedPhase Phase(string name, int steps, string trained = "*") => new(name, ["xx"], 1, new Drawn(steps), new ScheduleOptions(), 1, false) { Trained = trained };

    /// <summary>Trains and gives the file of the final weights.</summary>
    public byte[] Train(params PlannedPhase[] phases)
    {
        using TemporaryFolder folder = new();
        string output = Directory.CreateDirectory(Path.Combine(folder.Path, "out")).FullName;
        Trainer.Train(phases, new StageContext(output, Path.Combine(folder.Path, "scratch")));
        return File.ReadAllBytes(Path.Combine(output, TrainStage.WeightsFolder, TrainStage.FinalName));
    }

    public void Dispose()
    {
        Trainer.Dispose();
        _engine.Dispose();
    }

    // Three micro-batches a step, by its number alone.
    private sealed record Drawn(int Steps) : IBatchSource
    {
        public string Unit => "tokens";

        public int Labels(int index) => LabelsPerStep;

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
