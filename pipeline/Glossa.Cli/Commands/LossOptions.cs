using System.CommandLine;
using Glossa.Models.Losses;

namespace Glossa.Cli.Commands;

/// <summary>The options of commands that attach a loss to a graph.</summary>
internal static class LossOptions
{
    public static Option<string> Loss(bool required) => new("--loss")
    {
        HelpName = "KIND",
        Required = required,
        Description = string.Join(", ", LossNames.All),
    };

    public static Option<string[]> Patterns(string name, string description) =>
        new(name) { HelpName = "PATTERN", Description = description + " (* stands for any text); may be given several times", AllowMultipleArgumentsPerToken = true };

    public static Option<string?> Output() => new("--output") { HelpName = "NAME", Description = "The output that the loss reads; the first where it is not named" };
}
