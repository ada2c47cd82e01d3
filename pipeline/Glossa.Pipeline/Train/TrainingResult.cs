namespace Glossa.Pipeline.Train;

/// <summary>One point of the learning curve.</summary>
/// <param name="Step">Steps done over all phases.</param>
/// <param name="Phase">Name of the phase.</param>
/// <param name="Tokens">Tokens predicted so far over all phases.</param>
/// <param name="Loss">Mean training loss since the last point, nats per token.</param>
/// <param name="LearningRateFactor">What the schedule multiplied the rates by.</param>
/// <param name="GradientNorm">L2 norm of the whole gradient before clipping.</param>
/// <param name="Seconds">Seconds of training so far, in this and earlier sittings.</param>
public sealed record CurvePoint(int Step, string Phase, long Tokens, double Loss, double LearningRateFactor, double GradientNorm, double Seconds);

/// <summary>What a phase did.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Languages">Tags of its languages.</param>
/// <param name="UniqueBytes">UTF-8 bytes of their training text.</param>
/// <param name="Tokens">Tokens predicted.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Seconds">Seconds inside the phase, over all sittings.</param>
public sealed record PhaseResult(string Name, IReadOnlyList<string> Languages, long UniqueBytes, long Tokens, int Steps, double Seconds)
{
    /// <summary>Seconds of these inside the training step: gradients, clipping, optimizer, average.</summary>
    public double StepSeconds { get; init; }
}

/// <summary>What training did.</summary>
/// <param name="Phases">The phases in order.</param>
/// <param name="Curve">The learning curve.</param>
/// <param name="Parameters">Number of trainable scalars.</param>
public sealed record TrainingResult(IReadOnlyList<PhaseResult> Phases, IReadOnlyList<CurvePoint> Curve, long Parameters);
