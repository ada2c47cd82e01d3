using Glossa.Models.Steps;
using Glossa.Pipeline.Configuration;
using Glossa.Training.Engines;
using Glossa.Training.Engines.OrtTraining;

namespace Glossa.Pipeline.Train;

/// <summary>Makes the configured engine.</summary>
public static class Engines
{
    /// <summary>How the step that an engine runs is built: ONNX Runtime Training adds gradients up by itself.</summary>
    public static StepOptions StepOptions(EngineKind kind) => new() { Accumulate = kind != EngineKind.OrtTraining, WeightedLoss = true };

    /// <summary>The engine of <c>engine.kind</c>.</summary>
    /// <exception cref="InputException">This build has no such engine.</exception>
    public static ITrainingEngine Create(EngineKind kind, StepModel step, IReadOnlyDictionary<string, float[]> initial, int workers, float dropout) => kind switch
    {
        EngineKind.Cpu => new CpuEngine(step, initial, workers, dropout),
        EngineKind.Cuda => throw new InputException("engine.kind cuda is not part of this version", fix: "use engine.kind=cpu"),
        _ => new OrtTrainingEngine(step, initial, folder => new TrainingApiRuntime(folder, workers), dropout),
    };
}
