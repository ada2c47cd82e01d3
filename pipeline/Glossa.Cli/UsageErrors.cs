using System.CommandLine;
using System.CommandLine.Parsing;

namespace Glossa.Cli;

/// <summary>Wrong command lines in one line each, with the way to the help.</summary>
internal static class UsageErrors
{
    private static readonly (string Type, string Words)[] Types =
    [
        ("System.Int32", "a whole number"), ("System.Int64", "a whole number"), ("System.Double", "a number"), ("System.Boolean", "true or false"),
    ];

    /// <summary>
    /// An option that does not exist, or null. The parser takes it for an argument where one is still missing, so that
    /// <c>run --ot</c> would look for a file of that name.
    /// </summary>
    public static InputException? UnknownOption(ParseResult result)
    {
        string? option = result.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .FirstOrDefault(token => token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal))?.Value;
        return option is null ? null : Unknown(option, result);
    }

    /// <summary>The first thing that is wrong.</summary>
    public static InputException Describe(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        string help = $"see '{Path(result)} --help'";
        if (result.UnmatchedTokens is [string unknown, ..]) return Unknown(unknown, result);
        if (command.Subcommands.Count > 0 && command.Action is null)
            return new InputException($"'{Path(result)}' needs a command: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}", null, help);
        string message = result.Errors[0].Message.TrimEnd('.');
        foreach ((string type, string words) in Types) message = message.Replace($"as expected type '{type}'", $"as {words}", StringComparison.Ordinal);
        return new InputException(char.ToLowerInvariant(message[0]) + message[1..], null, help);
    }

    private static InputException Unknown(string token, ParseResult result)
    {
        Command command = result.CommandResult.Command;
        string[] names = token.StartsWith('-') ? OptionNames(result) : [.. command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name)];
        string kind = token.StartsWith('-') ? "option" : names.Length > 0 ? "command" : "argument";
        string? nearest = NearestName.Find(token, names);
        string help = $"see '{Path(result)} --help'";
        return new InputException($"unknown {kind} '{token}'", null, nearest is null ? help : $"did you mean '{nearest}'? ({help})");
    }

    private static string Path(ParseResult result)
    {
        List<string> names = [];
        for (SymbolResult? at = result.CommandResult; at is CommandResult { Command: var command }; at = at.Parent)
            names.Insert(0, command is RootCommand ? "glossa" : command.Name);
        return string.Join(' ', names);
    }

    private static string[] OptionNames(ParseResult result) => [.. result.CommandResult.Command.Options.Select(option => option.Name), "--help"];
}
