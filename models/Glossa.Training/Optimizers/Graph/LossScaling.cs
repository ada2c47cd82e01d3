namespace Glossa.Training.Optimizers.Graph;

/// <summary>
/// Dynamic loss scaling for float16 gradients (Micikevicius and others, "Mixed Precision Training", 2018): the loss is multiplied by a power of two, gradients are divided by it; a step whose
/// gradients overflow is left out and halves the factor, a long row of good ones doubles it.
/// </summary>
/// <param name="Initial">The factor at the start.</param>
/// <param name="GrowthSteps">Good steps in a row after which it doubles.</param>
public sealed record LossScaling(float Initial = 65536, int GrowthSteps = 2000)
{
    /// <summary>The least factor: a step that overflows even here has diverged.</summary>
    public const float Least = 1;

    /// <summary>The largest factor.</summary>
    public const float Largest = 1 << 24;
}
