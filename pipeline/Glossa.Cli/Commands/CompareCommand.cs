using System.CommandLine;
using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Comparing;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa compare</c>: a report against the one before, held to a gate; what a nightly build ends with.</summary>
internal static class CompareCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> previous = new("PREVIOUS") { Description = "report.json of the earlier run, or its run folder" };
        Argument<string> current = new("CURRENT") { Description = "report.json of the new run, or its run folder" };
        Option<double> gate = new("--gate")
        {
            HelpName = "SHARE",
            Description = "How much worse the mean bits per byte may be",
            DefaultValueFactory = _ => new ComparisonGate().MaximumRelativeChange,
        };
        Option<string?> folder = new("--out") { HelpName = "DIR", Description = $"Writes {ComparisonWriter.JsonName} and {ComparisonWriter.MarkdownName} there" };
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("compare", "Compares the reports of two runs and fails past a gate") { previous, current, gate, folder, json };
        host.Details[command] = "Exit code 1 where the mean bits per byte are worse by more than the gate.";
        command.SetAction(result =>
        {
            ComparisonResult comparison = ReportComparison.Compare(
                ReportReader.Read(result.GetValue(previous)!), ReportReader.Read(result.GetValue(current)!), new ComparisonGate(result.GetValue(gate)));
            if (result.GetValue(folder) is string path) ComparisonWriter.Write(path, comparison);
            if (host.Json) WriteJson(host, comparison);
            else host.Output.WriteLine(comparison.Verdict);
            return comparison.Passed ? 0 : 1;
        });
        return command;
    }

    private static void WriteJson(CommandHost host, ComparisonResult comparison) => host.WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("passed", comparison.Passed);
        json.WriteString("verdict", comparison.Verdict);
        json.WriteNumber("gate", comparison.Gate.MaximumRelativeChange);
        json.WriteNumber("previous", comparison.Mean.Previous);
        json.WriteNumber("current", comparison.Mean.Current);
        if (comparison.Mean.RelativeChange is double change) json.WriteNumber("relativeChange", change);
        json.WriteEndObject();
    });
}
