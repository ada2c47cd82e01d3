using System.CommandLine;
using Glossa.Cli.Progress;
using Glossa.Pipeline.Finetune;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa delta</c>: what fine-tunings changed, added to the model that they were made from.</summary>
internal static class DeltaCommand
{
    public static Command Create(CommandHost host) => new("delta", "Works with the deltas that `glossa finetune --lora-rank` and `--sparse` write") { Apply(host) };

    private static Command Apply(CommandHost host)
    {
        Argument<string> folder = new("MODEL_DIR") { Description = "The folder that the deltas were made from" };
        Argument<string[]> deltas = new("DELTA") { Arity = ArgumentArity.OneOrMore, Description = "Delta files, or folders that hold a delta.safetensors" };
        Option<string> output = new("--out") { HelpName = "DIR", Required = true, Description = "Folder to make" };
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("apply", "Adds one or several deltas to their base") { folder, deltas, output, json };
        host.Details[command] = "Differences add up, in any order; of several deltas with a classification head, the first gives it.";
        command.SetAction(result =>
        {
            string target = result.GetValue(output)!;
            ProgressDisplay.During(host.Json, host.Output, progress =>
            {
                DeltaJob.Apply(result.GetValue(folder)!, result.GetValue(deltas)!, target, progress);
                return true;
            });
            if (host.Json)
            {
                host.WriteJson(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("folder", target);
                    writer.WriteEndObject();
                });
            }
            else
            {
                host.Output.WriteLine($"everything is in {target}");
            }
            return 0;
        });
        return command;
    }
}
