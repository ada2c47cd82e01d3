using Glossa.Training.Deltas;
using Glossa.Training.Optimizers;

namespace Glossa.Training.Engines;

/// <summary>How a training turns gradients into new weights.</summary>
public record UpdateRules
{
    /// <summary>Rules and rates by parameter.</summary>
    public required OptimizerOptions Optimizer { get; init; }

    /// <summary>Largest norm of the whole gradient; 0 clips nothing.</summary>
    public double Clip { get; init; }

    /// <summary>Decay of the average of the weights; 0 keeps none.</summary>
    public double Ema { get; init; }

    /// <summary>Threads of optimizer and norms; no result depends on it.</summary>
    public required int Lanes { get; init; }

    /// <summary>Matrices stored [inputs, outputs].</summary>
    public IReadOnlySet<string> Transposed { get; init; } = new HashSet<string>();

    /// <summary>The only weights that may move; null for all.</summary>
    public SparseSelection? Selection { get; init; }
}
