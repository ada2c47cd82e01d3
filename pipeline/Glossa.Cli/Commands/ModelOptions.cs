using System.CommandLine;
using Glossa.Pipeline.Export;

namespace Glossa.Cli.Commands;

/// <summary>The arguments of commands that use a model folder.</summary>
internal static class ModelOptions
{
    /// <summary>The folder.</summary>
    public static Argument<string> Folder() => new("MODEL_DIR") { Description = "Model folder in Hugging Face layout, such as runs/default/model" };

    /// <summary>Which of its files.</summary>
    public static Option<string> Precision() => new("--precision")
    {
        HelpName = "NAME",
        Description = $"Which file of the model: {string.Join(", ", ExportPrecisions.All.Select(ExportPrecisions.Name))}",
        DefaultValueFactory = _ => "fp32",
    };

    /// <summary>How many cores.</summary>
    public static Option<int> Threads() => new("--threads") { HelpName = "N", Description = "Concurrent runs; 0 takes one per processor core" };

    /// <summary>A count that the user gave.</summary>
    /// <exception cref="InputException">It is negative or absurd.</exception>
    public static int Checked(int value, string option, int most = 1024) => value is >= 0 && value <= most
        ? value
        : throw new InputException(FormattableString.Invariant($"expected a whole number from 0 to {most}, found {value}"), option);

    /// <summary>The precision of a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static ExportPrecision Parse(string name) => ExportPrecisions.Parse(name);
}
