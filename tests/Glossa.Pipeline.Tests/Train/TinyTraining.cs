using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Tests.Train;

/// <summary>A loop around <see cref="ToyTraining"/>'s model that can train several times.</summary>
internal sealed class TinyTraining : IDisposable
{
    private readonly CpuEngine _engine;
    private readonly Trainer _trainer;

    public TinyTraining()
    {
        _engine = new CpuEngine(ToyTraining.Step(EngineKind.Cpu), ToyTraining.Start, 2);
        _trainer = new Trainer(_engine, ToyTraining.Options);
    }

    /// <summary>The weights as they stand now, by name.</summary>
    public Dictionary<string, float[]> Weights => _engine.Layout.Slots.ToDictionary(slot => slot.Name, slot => _engine.Parameters.Slice(slot).ToArray());

    public void Train(params PlannedPhase[] phases)
    {
        using TemporaryFolder folder = new();
        string output = Directory.CreateDirectory(Path.Combine(folder.Path, "out")).FullName;
        _trainer.Train(phases, new StageContext(output, Path.Combine(folder.Path, "scratch")));
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _engine.Dispose();
    }
}
