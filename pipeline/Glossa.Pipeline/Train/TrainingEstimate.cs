using System.Globalization;

namespace Glossa.Pipeline.Train;

/// <summary>What a training will take, from a short probe of its own steps.</summary>
/// <param name="Parameters">Trainable scalars.</param>
/// <param name="Tokens">Tokens to predict over all phases.</param>
/// <param name="Steps">Steps over all phases.</param>
/// <param name="MemoryBytes">Resident memory of the process once the probed steps had run.</param>
/// <param name="Seconds">Expected time of all steps.</param>
public sealed record TrainingEstimate(long Parameters, long Tokens, long Steps, long MemoryBytes, double Seconds)
{
    /// <summary>Teachers that are trained first; their time is part of <see cref="Seconds"/>.</summary>
    public int Teachers { get; init; }

    /// <summary>One line for a person.</summary>
    public override string ToString()
    {
        string time = Seconds < 90 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, Seconds):F0} seconds")
            : Seconds < 5400 ? string.Create(CultureInfo.InvariantCulture, $"{Seconds / 60:F0} minutes") : string.Create(CultureInfo.InvariantCulture, $"{Seconds / 3600:F1} hours");
        return string.Create(CultureInfo.InvariantCulture, $"{Parameters:N0} parameters, {Tokens:N0} tokens in {Steps:N0} steps{(Teachers > 0 ? $", after {Teachers} {(Teachers == 1 ? "teacher" : "teachers")}" : "")}: about {time} and {Math.Ceiling(MemoryBytes / 1048576.0):F0} MiB of memory");
    }
}
