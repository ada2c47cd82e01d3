using Glossa.Training.Engines;

namespace Glossa.Pipeline.Train;

/// <summary>What a training loop needs beside its engine and its batches.</summary>
public sealed record TrainerOptions : UpdateRules
{
    /// <summary>Seed of dropout.</summary>
    public long Seed { get; init; }

    /// <summary>What to do about a loss that is no number.</summary>
    public string DivergenceAdvice { get; init; } = "lower the learning rates in the optimizer section, or raise optimizer.warmup";
}
