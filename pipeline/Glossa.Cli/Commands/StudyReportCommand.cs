using System.CommandLine;
using Glossa.Pipeline.Study.Document;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa study report</c>: a document from a study's results.</summary>
internal static class StudyReportCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> results = new("study.json") { Description = "The results of a study" };
        Option<string> document = new("--markdown") { HelpName = "FILE", Required = true, Description = "Document to write into; pictures go into a folder of its name beside it" };
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("report", "Writes tables and plots of a study into a Markdown document") { results, document, json };
        command.SetAction(result =>
        {
            IReadOnlyList<string> files = StudyReport.Write(result.GetValue(results)!, result.GetValue(document)!);
            if (!host.Json)
            {
                host.Output.WriteLine($"{files[0]}: written, with {files.Count - 1} {(files.Count == 2 ? "picture" : "pictures")}");
                return 0;
            }
            host.WriteJson(json =>
            {
                json.WriteStartArray();
                foreach (string file in files) json.WriteStringValue(file);
                json.WriteEndArray();
            });
            return 0;
        });
        return command;
    }
}
