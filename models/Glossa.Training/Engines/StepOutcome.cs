namespace Glossa.Training.Engines;

/// <summary>What a step gave.</summary>
/// <param name="Loss">Its loss.</param>
/// <param name="Norm">L2 norm of the whole gradient before clipping.</param>
/// <param name="LeftOut">Whether its gradients overflowed 16 bits, so that it moved nothing and a smaller loss scale is tried next.</param>
public readonly record struct StepOutcome(double Loss, double Norm, bool LeftOut = false)
{
    /// <summary>Whether training cannot go on from here: loss or norm is no number, and not for want of range.</summary>
    public bool HasDiverged => !LeftOut && !(double.IsFinite(Loss) && double.IsFinite(Norm));
}
