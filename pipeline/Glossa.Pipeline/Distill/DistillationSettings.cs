using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Distill;

/// <summary>How a model learns from teachers.</summary>
/// <param name="Teachers">Number of teachers.</param>
/// <param name="Weight">Share of the loss that is cross entropy with their predictions.</param>
/// <param name="Candidates">Most probable next tokens of each prediction.</param>
public sealed record DistillationSettings(int Teachers, double Weight, int Candidates)
{
    /// <summary>Those of a configuration; null where it has no teachers.</summary>
    public static DistillationSettings? Of(DistillationConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.IsOn ? new DistillationSettings(Math.Max(config.Teachers, config.From.Count), config.Weight, config.Candidates) : null;
    }
}
