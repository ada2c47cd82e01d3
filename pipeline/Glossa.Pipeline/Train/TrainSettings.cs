using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Distill;

namespace Glossa.Pipeline.Train;

/// <summary>What the trained weights depend on.</summary>
/// <param name="Curriculum">Phases and control.</param>
/// <param name="Optimizer">Rates, decay, clipping, averaging.</param>
/// <param name="Batch">Tokens of a step and of a micro-batch.</param>
/// <param name="Context">Longest window.</param>
/// <param name="Dropout">Rate of dropout.</param>
/// <param name="Engine">What runs the step.</param>
/// <param name="Precision">Number format of its matrix products.</param>
/// <param name="Lanes">Gradient spans that are summed: the number of concurrent runs, since the order of a sum decides its last bits.</param>
/// <param name="Seed">Seed of the order.</param>
public sealed record TrainSettings(CurriculumConfig Curriculum, OptimizerConfig Optimizer, BatchConfig Batch, int Context, double Dropout, EngineKind Engine, EnginePrecision Precision, int Lanes, long Seed)
{
    /// <summary>How the model learns from teachers; null where there are none.</summary>
    public DistillationSettings? Distillation { get; init; }
}
