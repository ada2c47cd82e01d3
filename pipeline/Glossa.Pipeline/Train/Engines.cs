using Glossa.Models.Import;
using Glossa.Models.OrtTraining;
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

    /// <summary>A graph in operators that an engine has.</summary>
    /// <exception cref="InputException">A node has no equivalent in them.</exception>
    public static ImportedModel Lowered(EngineKind kind, ImportedModel model) => kind == EngineKind.OrtTraining ? ArtifactBuilder.Lowered(model) : model;

    /// <summary>Why this build cannot run an engine, and what to do; null where it can.</summary>
    public static (string Why, string Fix)? Missing(EngineKind kind) => kind switch
    {
        EngineKind.Cuda => ("is not part of this version", "use cpu"),
        EngineKind.OrtTraining when !TrainingApiRuntime.IsAvailable =>
            ("needs an ONNX Runtime with the training API, which this build has not", "build glossa with -p:OnnxRuntime=Training, or use cpu"),
        _ => null,
    };

    /// <summary>The engine of <c>engine.kind</c>, which <see cref="Missing"/> let pass.</summary>
    public static ITrainingEngine Create(EngineKind kind, StepModel step, IReadOnlyDictionary<string, float[]> initial, int workers, float dropout) =>
        kind == EngineKind.OrtTraining
            ? new OrtTrainingEngine(step, initial, folder => new TrainingApiRuntime(folder, workers), dropout)
            : new CpuEngine(step, initial, workers, dropout);
}
