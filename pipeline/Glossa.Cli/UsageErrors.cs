using System.CommandLine;

namespace Glossa.Cli;

/// <summary>Wrong command lines in one line each, with the way to the help.</summary>
internal static class UsageErrors
{
    /// <summary>The first thing that is wrong.</summary>
    public static InputException Describe(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        string help = $"see '{Path(result)} --help'";
        if (result.UnmatchedTokens is [string unknown, ..])
        {
            string[] names = unknown.StartsWith('-') ? OptionNames(result) : [.. command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name)];
            string kind = unknown.StartsWith('-') ? "option" : names.Length > 0 ? "command" : "argument";
            string? nearest = NearestName.Find(unknown, names);
            return new InputException($"unknown {kind} '{unknown}'", null, nearest is null ? help : $"did you mean '{nearest}'? ({help})");
        }
        if (result.CommandResult.Command.Subcommands.Count > 0 && command.Action is null)
            return new InputException($"'{Path(result)}' needs a command: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}", null, help);
        string message = result.Errors[0].Message.TrimEnd('.');
        return new InputException(char.ToLowerInvariant(message[0]) + message[1..], null, help);
    }

    private static string Path(ParseResult result)
    {
        List<string> names = [];
        for (System.CommandLine.Parsing.SymbolResult? at = result.CommandResult; at is System.CommandLine.Parsing.CommandResult { Command: var command }; at = at.Parent)
            names.Insert(0, command is RootCommand ? "glossa" : command.Name);
        return string.Join(' ', names);
    }

    private static string[] OptionNames(ParseResult result) => [.. result.CommandResult.Command.Options.Select(option => option.Name), "--help"];
}
