namespace Glossa.Training.Verification;

/// <summary>One thing that was checked.</summary>
/// <param name="Name">What: one of the names in <see cref="VerificationChecks"/>.</param>
/// <param name="Worst">The worst difference that was found.</param>
/// <param name="Limit">The largest difference that passes.</param>
/// <param name="Where">The output, parameter or step with the worst difference; empty where there is nothing to name.</param>
public sealed record VerificationCheck(string Name, double Worst, double Limit, string Where)
{
    /// <summary>Whether the worst difference is within the limit; a NaN is not.</summary>
    public bool Passed => Worst <= Limit;
}

/// <summary>Names of checks.</summary>
public static class VerificationChecks
{
    /// <summary>Largest absolute difference of an output at real positions.</summary>
    public const string Outputs = "outputs";

    /// <summary>Largest difference of a gradient's elements, relative to its largest element.</summary>
    public const string Gradients = "gradients";

    /// <summary>The same of a step that holds operators of ai.onnx alone, as the exporter's graph does.</summary>
    public const string StandardGradients = "gradients, standard operators";

    /// <summary>Largest absolute difference of a gradient that is mathematically zero.</summary>
    public const string NearZero = "near-zero gradients";

    /// <summary>Largest difference of the losses during AdamW with weight decay.</summary>
    public const string Decay = "losses, AdamW with decay";

    /// <summary>Largest difference of the losses during AdamW without weight decay.</summary>
    public const string NoDecay = "losses, AdamW without decay";

    /// <summary>The same step at another batch size and sequence length: relative difference between the gradient's norm and a central difference along it.</summary>
    public const string SecondShape = "second shape";

    /// <summary>Share of the gradients along which rounding hides the slope: differences that tell nothing prove nothing.</summary>
    public const string Hidden = "gradients that rounding hides";

    /// <summary>Largest relative difference between a parameter's gradient and a central difference along it.</summary>
    public const string AlongGradient = "differences along gradients";

    /// <summary>Largest relative difference between the slope that a parameter's gradient gives along a drawn direction and a central difference.</summary>
    public const string AlongDrawn = "differences, drawn direction";

    /// <summary>Largest relative difference between single elements of gradients and central differences.</summary>
    public const string Entries = "differences at entries";
}

/// <summary>What a verification found.</summary>
/// <param name="Name">Name of the folder.</param>
/// <param name="Loss">Name of the loss.</param>
/// <param name="AgainstReference">Whether there was a stored reference; else the yardstick is finite differences.</param>
/// <param name="Parameters">Number of trainable tensors.</param>
/// <param name="Checks">The checks, in the order in which they were made.</param>
/// <param name="Notes">What a reader should know: repairs and ties of the import, precision, what could not be compared.</param>
public sealed record VerificationReport(
    string Name, string Loss, bool AgainstReference, int Parameters, IReadOnlyList<VerificationCheck> Checks, IReadOnlyList<string> Notes)
{
    /// <summary>Whether every check passed.</summary>
    public bool Passed => Checks.All(check => check.Passed);

    /// <summary>The check of that name, or null where it was not made.</summary>
    public VerificationCheck? Find(string name) => Checks.FirstOrDefault(check => check.Name == name);
}
