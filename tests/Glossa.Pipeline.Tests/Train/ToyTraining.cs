using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Train;
using Glossa.Training.Engines;
using Glossa.Training.Optimizers;
using Glossa.Training.Schedules;

namespace Glossa.Pipeline.Tests.Train;

/// <summary>A model of some thousand weights and two phases of random text.</summary>
internal static class ToyTraining
{
    public const int Vocabulary = 40, Sequence = 8, Batch = 2, MicroBatches = 3;

    public static readonly TrainerOptions Options = new() { Optimizer = OptimizerOptions.Default(), Lanes = 2, Ema = 0.9, Clip = 1 };

    private static readonly TransformerOptions Model = new() { Vocabulary = Vocabulary, TextVocabulary = Vocabulary, Layers = 1, Width = 16, Heads = 2, KeyValueHeads = 2, HeadSize = 8, FeedForward = 32, Context = 16 };

    public static readonly Dictionary<string, float[]> Start = TransformerParameters.Of(Model).ToDictionary(p => p.Name, p => p.Initialize(1));

    public static StepModel Step(EngineKind kind) => TrainingStep.Build(TrainingGraph.Build(Model, Start), Pipeline.Train.Engines.StepOptions(kind) with { TimeMajor = true });

    public static PlannedPhase[] Phases(int first, int second) => [Phase("first", first), Phase("second", second)];

    public static PlannedPhase Phase(string name, int steps, string trained = "*") => new(name, ["xx"], 1, new Drawn(steps), new ScheduleOptions(), 1, name == "second") { Trained = trained };

    // Micro-batches of a step, by its number alone.
    private sealed record Drawn(int Steps) : IBatchSource
    {
        public string Unit => "tokens";

        public int Labels(int index) => ToyTraining.MicroBatches * Batch * (Sequence - 1);

        public IReadOnlyList<MicroBatch> MicroBatches(int index)
        {
            SeededRandom random = new((ulong)index);
            return [.. Enumerable.Range(0, ToyTraining.MicroBatches).Select(_ =>
            {
                long[] ids = [.. Enumerable.Range(0, Batch * Sequence).Select(_ => (long)random.NextInt32(Vocabulary))];
                return MicroBatch.OfTokens(Batch, Sequence, ids, ids);
            })];
        }
    }
}
