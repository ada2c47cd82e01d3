namespace Glossa.Models.Quantization;

/// <summary>How the range of an activation is chosen where it is fixed at calibration.</summary>
public enum ActivationRange
{
    /// <summary>Everything that was seen.</summary>
    MinMax,

    /// <summary>All but the outermost 0.01 % at each end.</summary>
    Percentile,

    /// <summary>The range of least Kullback-Leibler divergence between the values and their codes.</summary>
    Entropy,

    /// <summary>The range of least squared error.</summary>
    MeanSquaredError,
}

/// <summary>How <see cref="Quantizers"/> works.</summary>
public sealed record QuantizerOptions
{
    /// <summary>Initializers that stay float32, by exact name.</summary>
    public IReadOnlyCollection<string> KeepFloat { get; init; } = [];

    /// <summary>Graph inputs that hold token ids; a Gather by one of them is a token embedding.</summary>
    public IReadOnlyCollection<string> TokenInputs { get; init; } = ["input_ids"];

    /// <summary>
    /// Divide activations by a factor per channel and multiply the weights by it, so that a channel with outliers does not set the range of all
    /// (Xiao et al. 2023, SmoothQuant). The strength is the one of least expected error. Needs calibration.
    /// </summary>
    public bool Smooth { get; init; } = true;

    /// <summary>
    /// Round a weight's inputs one after the other, the rest making up for the error of those before (Frantar et al. 2023, GPTQ), instead of each to nearest. Needs calibration.
    /// </summary>
    public bool Compensate { get; init; } = true;

    /// <summary>Search each scale for the least squared error instead of taking the full range.</summary>
    public bool SearchScales { get; init; } = true;

    /// <summary>The range of activations in the static format.</summary>
    public ActivationRange Range { get; init; } = ActivationRange.MeanSquaredError;

    /// <summary>What MatMulNBits computes in: 0 is float32, 4 is int8 with a scale per block of activations.</summary>
    public int AccuracyLevel { get; init; } = 4;
}
