namespace Glossa.Training.Schedules;

/// <summary>The course of the learning rate over a run.</summary>
public enum ScheduleKind
{
    /// <summary>Warm-up, a constant stretch, then a decay over the last part (Hu and others, "MiniCPM", 2024).</summary>
    WarmupStableDecay,

    /// <summary>Warm-up, then half a cosine down to the final factor.</summary>
    Cosine,

    /// <summary>Warm-up, then a straight line down to the final factor.</summary>
    Linear,

    /// <summary>Warm-up, then constant.</summary>
    Constant,
}

/// <summary>The curve of the decay of <see cref="ScheduleKind.WarmupStableDecay"/>.</summary>
public enum DecayShape
{
    /// <summary>1 - x.</summary>
    Linear,

    /// <summary>1 - sqrt(x) (Hägele and others, "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", 2024).</summary>
    OneMinusSqrt,
}

/// <summary>Settings of a learning-rate schedule.</summary>
public sealed record ScheduleOptions
{
    /// <summary>The course.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.WarmupStableDecay;

    /// <summary>Part of the run over which the factor rises linearly to 1, in [0, 1].</summary>
    public double WarmupFraction { get; init; } = 0.05;

    /// <summary>Part of the run, at its end, over which warm-up-stable-decay falls, in [0, 1].</summary>
    public double DecayFraction { get; init; } = 0.4;

    /// <summary>The factor that the decay ends at, in [0, 1].</summary>
    public double FinalFactor { get; init; }

    /// <summary>The curve of the decay of warm-up-stable-decay.</summary>
    public DecayShape Decay { get; init; } = DecayShape.Linear;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="InputException">A setting is out of range; the message names it.</exception>
    public void Validate()
    {
        Require(Enum.IsDefined(Kind), nameof(Kind), Kind.ToString(), "WarmupStableDecay, Cosine, Linear or Constant");
        Require(Enum.IsDefined(Decay), nameof(Decay), Decay.ToString(), "Linear or OneMinusSqrt");
        RequireFraction(WarmupFraction, nameof(WarmupFraction));
        RequireFraction(DecayFraction, nameof(DecayFraction));
        RequireFraction(FinalFactor, nameof(FinalFactor));
        Require(Kind != ScheduleKind.WarmupStableDecay || WarmupFraction + DecayFraction <= 1 + 1e-9, nameof(DecayFraction), FormattableString.Invariant($"{DecayFraction}"),
            FormattableString.Invariant($"at most {1 - WarmupFraction}, what the warm-up leaves"));
    }

    private static void RequireFraction(double value, string setting) =>
        Require(value is >= 0 and <= 1, setting, FormattableString.Invariant($"{value}"), "a number in [0, 1]");

    private static void Require(bool holds, string setting, string value, string expected)
    {
        if (!holds) throw new InputException($"{setting} is {value} in the learning-rate schedule", fix: $"give {expected}");
    }
}

/// <summary>The factor that multiplies every learning rate: a pure function of settings and progress.</summary>
public static class LearningRateSchedule
{
    /// <summary>The factor after a part of the run.</summary>
    /// <param name="options">The schedule.</param>
    /// <param name="progress">Part of the run done, in [0, 1]; values outside are taken as the nearest end.</param>
    public static float Factor(ScheduleOptions options, double progress)
    {
        ArgumentNullException.ThrowIfNull(options);
        progress = Math.Clamp(progress, 0, 1);
        double rise = progress < options.WarmupFraction ? progress / options.WarmupFraction : 1;
        return (float)(rise * Fall(options, progress));
    }

    /// <summary>The factor of one step: never 0 in the warm-up, and one step short of the final factor at the last step.</summary>
    /// <param name="options">The schedule.</param>
    /// <param name="step">The step about to be taken, from 0.</param>
    /// <param name="totalSteps">Number of steps of the run.</param>
    public static float Factor(ScheduleOptions options, long step, long totalSteps)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSteps);
        double warmup = options.WarmupFraction * totalSteps;
        double rise = step + 1 < warmup ? (step + 1) / warmup : 1;
        return (float)(rise * Fall(options, Math.Min(1, (double)step / totalSteps)));
    }

    private static double Fall(ScheduleOptions options, double progress)
    {
        double start = options.Kind == ScheduleKind.WarmupStableDecay ? 1 - options.DecayFraction : options.WarmupFraction;
        if (options.Kind == ScheduleKind.Constant || progress <= start) return 1;
        double x = (progress - start) / (1 - start);
        double high = options.Kind switch
        {
            ScheduleKind.Cosine => (1 + Math.Cos(Math.PI * x)) / 2,
            ScheduleKind.WarmupStableDecay when options.Decay == DecayShape.OneMinusSqrt => 1 - Math.Sqrt(x),
            _ => 1 - x,
        };
        return options.FinalFactor + (1 - options.FinalFactor) * high;
    }
}
