using Glossa.Models.Import;
using Glossa.Models.OrtTraining;
using Glossa.Models.Steps;
using Glossa.Pipeline.Configuration;
using Glossa.Training.Engines;
using Glossa.Training.Engines.Cuda;
using Glossa.Training.Engines.OrtTraining;

namespace Glossa.Pipeline.Train;

/// <summary>Makes the configured engine.</summary>
public static class Engines
{
    // Few lengths are few shapes, each of which a GPU's launches are recorded for.
    private const int MostLengthMultiple = 64, LeastLengthMultiple = 8;

    /// <summary>How the step that an engine runs is built: ONNX Runtime Training adds gradients up by itself, a GPU repeats recorded launches.</summary>
    public static StepOptions StepOptions(EngineKind kind) => new() { Accumulate = kind != EngineKind.OrtTraining, WeightedLoss = true, StaticShapes = kind == EngineKind.Cuda };

    /// <summary>What lengths of padded sequences are multiples of, so that none exceeds the context.</summary>
    public static int LengthMultiple(EngineKind kind, int context)
    {
        if (kind != EngineKind.Cuda) return LeastLengthMultiple;
        int multiple = MostLengthMultiple;
        while (multiple > LeastLengthMultiple && context % multiple != 0) multiple /= 2;
        return multiple;
    }

    /// <summary>A graph in operators that an engine has.</summary>
    /// <exception cref="InputException">A node has no equivalent in them.</exception>
    public static ImportedModel Lowered(EngineKind kind, ImportedModel model) => kind == EngineKind.OrtTraining ? ArtifactBuilder.Lowered(model) : model;

    /// <summary>Why this build cannot run an engine, and what to do; null where it can.</summary>
    public static (string Why, string Fix)? Missing(EngineKind kind) => kind switch
    {
        EngineKind.Cuda when !CudaDevice.IsAvailable => CudaDevice.MissingProvider,
        EngineKind.OrtTraining when !TrainingApiRuntime.IsAvailable =>
            ("needs an ONNX Runtime with the training API, which this build has not", "build glossa with -p:OnnxRuntime=Training, or use cpu"),
        _ => null,
    };

    /// <summary>Why an engine cannot compute in a format, and what to do; null where it can.</summary>
    public static (string Why, string Fix)? Unable(EngineKind kind, EnginePrecision precision) =>
        kind == EngineKind.Cuda || precision == EnginePrecision.Fp32 ? null : ("needs the engine cuda", "use float32, or the engine cuda");

    /// <summary>The engine of <c>engine.kind</c>, which <see cref="Missing"/> and <see cref="Unable"/> let pass.</summary>
    public static ITrainingEngine Create(
        EngineKind kind, EnginePrecision precision, StepModel step, IReadOnlyDictionary<string, float[]> initial, int workers, float dropout) => kind switch
        {
            EngineKind.Cuda => new CudaEngine(step, initial, new CudaDevice(tf32: precision != EnginePrecision.Fp32), Format(precision), dropout),
            EngineKind.OrtTraining => new OrtTrainingEngine(step, initial, folder => new TrainingApiRuntime(folder, workers), dropout),
            _ => new CpuEngine(step, initial, workers, dropout),
        };

    private static StepPrecision Format(EnginePrecision precision) => precision switch
    {
        EnginePrecision.Tf32 => StepPrecision.Tf32,
        EnginePrecision.Bf16 => StepPrecision.Bf16,
        EnginePrecision.Fp16 => StepPrecision.Fp16,
        _ => StepPrecision.Fp32,
    };
}
