using System.Text.Json.Serialization;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Train;

/// <summary>Where training stands: all of a checkpoint that is not a buffer.</summary>
public sealed class TrainingProgress
{
    /// <summary>Phase at work, from 0.</summary>
    public int Phase { get; set; }

    /// <summary>Next step in the phase.</summary>
    public int Step { get; set; }

    /// <summary>Tokens predicted over all phases.</summary>
    public long Tokens { get; set; }

    /// <summary>Steps done over all phases.</summary>
    public int AllSteps { get; set; }

    /// <summary>Tokens predicted in this phase.</summary>
    public long PhaseTokens { get; set; }

    /// <summary>Seconds spent in this phase.</summary>
    public double PhaseSeconds { get; set; }

    /// <summary>Seconds of <see cref="PhaseSeconds"/> inside the training step: gradients, clipping, optimizer, average.</summary>
    public double StepSeconds { get; set; }

    /// <summary>Sum of the losses since the last point of the curve.</summary>
    public double LossSum { get; set; }

    /// <summary>Number of losses in <see cref="LossSum"/>.</summary>
    public int Losses { get; set; }

    /// <summary>L2 norm of the last gradient that moved weights, before clipping.</summary>
    public double GradientNorm { get; set; }

    /// <summary>The learning curve so far.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public List<CurvePoint> Curve { get; } = [];

    /// <summary>Finished phases.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public List<PhaseResult> Finished { get; } = [];

    internal void Count(int predictions, StepOutcome outcome)
    {
        Tokens += predictions;
        PhaseTokens += predictions;
        AllSteps++;
        if (outcome.LeftOut) return;
        LossSum += outcome.Loss;
        Losses++;
        GradientNorm = outcome.Norm;
    }

    internal void AddPoint(string phase, double factor)
    {
        if (Losses == 0) return;
        double seconds = PhaseSeconds + Finished.Sum(f => f.Seconds);
        Curve.Add(new CurvePoint(AllSteps, phase, Tokens, LossSum / Losses, factor, GradientNorm, seconds));
        (LossSum, Losses) = (0, 0);
    }

    internal void EndPhase(PlannedPhase phase)
    {
        Finished.Add(new PhaseResult(phase.Name, phase.Languages, phase.UniqueBytes, PhaseTokens, phase.Batches.Steps, PhaseSeconds) { StepSeconds = StepSeconds });
        Phase++;
        (Step, PhaseTokens, PhaseSeconds, StepSeconds) = (0, 0, 0, 0);
    }
}
