using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Glossa.Cli.Commands;

namespace Glossa.Cli;

/// <summary>The <c>glossa</c> command: parses the arguments, runs one command, turns every failure into one line and an exit code.</summary>
public static class CommandLine
{
    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Failures.</param>
    /// <returns>0 for success, 1 for failed work, 2 for wrong usage or input, 130 for Ctrl-C.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(args);
        using CommandHost host = new(output, error);
        // Known before anything may fail, so that a program that asked for JSON gets its errors as JSON too.
        host.Json = args.TakeWhile(arg => arg != "--").Contains("--json");
        InvocationConfiguration configuration = new()
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = output,
            Error = error,
        };
        try
        {
            RootCommand root = Root(host);
            if (args.Count == 0)
            {
                root.Parse(["--help"]).Invoke(configuration);
                return 2;
            }
            ParseResult result = root.Parse(args);
            if (result.Action is not (HelpAction) && UsageErrors.UnknownOption(result) is { } unknown) throw unknown;
            if (result.Action is ParseErrorAction) throw UsageErrors.Describe(result);
            // A list of commands has a line for each; the rest of what there is to say belongs to the command's own help.
            if (host.Details.TryGetValue(result.CommandResult.Command, out string? details)) result.CommandResult.Command.Description += "\n\n" + details;
            return result.Invoke(configuration);
        }
#pragma warning disable CA1031 // This is the outermost frame: whatever arrives here becomes one line.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return host.Fail(e);
        }
    }

    private static RootCommand Root(CommandHost host)
    {
        RootCommand root = new(
            """
            Trains multilingual transformers from little text: CSV in, ONNX models out, no Python.

            Start with `glossa run`: it trains a small model on the embedded corpus in 464 languages and writes
            everything to runs/default. Exit codes: 0 success, 1 failed work, 2 wrong usage or input, 130 stopped.
            """)
        {
            RunCommand.Create(host),
            FinetuneCommand.Create(host),
            DeltaCommand.Create(host),
            EvaluateCommand.Create(host),
            GenerateCommand.Create(host),
            LanguagesCommand.Create(host),
            CompareCommand.Create(host),
            StudyCommand.Create(host),
            GradientsCommand.Create(host),
            ArtifactsCommand.Create(host),
            OptimizeCommand.Create(host),
            VerifyCommand.Create(host),
            OpsCommand.Create(host),
        };
        foreach (Option option in root.Options)
        {
            if (option is HelpOption help) help.Description = "Shows this help";
            else if (option is VersionOption version) version.Description = "Shows the version";
        }
        return root;
    }
}
