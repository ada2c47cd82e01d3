using Glossa.Models.Steps;
using Glossa.Pipeline.Configuration;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Train;

/// <summary>Makes the configured engine.</summary>
public static class Engines
{
    /// <summary>The engine of <c>engine.kind</c>.</summary>
    /// <exception cref="InputException">This build has no such engine.</exception>
    public static ITrainingEngine Create(EngineKind kind, StepModel step, IReadOnlyDictionary<string, float[]> initial, int workers, float dropout) => kind switch
    {
        EngineKind.Cpu => new CpuEngine(step, initial, workers, dropout),
        EngineKind.Cuda => throw new InputException("engine.kind cuda is not part of this version", fix: "use engine.kind=cpu"),
        _ => throw new InputException("engine.kind ort-training is not part of this version", fix: "use engine.kind=cpu"),
    };
}
