using System.CommandLine;
using System.Globalization;
using Glossa.Models.Losses;
using Glossa.Training.Verification;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa verify</c>: whether a graph trains with the right gradients.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> folder = new("DIR") { Description = "Folder with model.onnx, and reference.json and reference.safetensors where there are any" };
        Option<bool> all = new("--all") { Description = "Verifies every folder inside DIR that holds a model" };
        Option<string?> markdown = new("--markdown") { HelpName = "FILE", Description = "Writes the table there as well" };
        Option<string> loss = LossOptions.Loss(required: false);
        Option<string?> output = LossOptions.Output();
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("verify", "Verifies outputs, gradients and training losses of a graph against a stored reference") { folder, all, markdown, loss, output, json };
        host.Details[command] =
            """
            Where the folder holds no reference, gradients are held against central differences of the loss (give --loss), as
            precisely as float32 lets them be. Exit code 1 where a check fails.
            """;
        command.SetAction(result =>
        {
            VerificationOptions options = new()
            {
                Loss = result.GetValue(loss) is { } kind ? LossNames.Parse(kind) : null,
                Output = result.GetValue(output),
            };
            string path = result.GetValue(folder)!;
            IReadOnlyList<VerificationReport> reports = result.GetValue(all) ? VerificationSet.Verify(path, options, host.ListenToSignals()) : [ModelVerification.Verify(path, options)];
            if (result.GetValue(markdown) is { } table) VerificationTable.WriteMarkdown(table, reports);
            if (host.Json) WriteJson(host, reports, single: !result.GetValue(all));
            else WriteText(host.Output, reports);
            return reports.All(report => report.Passed) ? 0 : 1;
        });
        return command;
    }

    private static void WriteText(TextWriter output, IReadOnlyList<VerificationReport> reports)
    {
        foreach (VerificationReport report in reports)
        {
            output.WriteLine($"{report.Name} ({report.Loss}, {report.Parameters} parameters)");
            foreach (string note in report.Notes) output.WriteLine("  " + note);
            output.WriteLine($"  {"check",-30} {"worst",10} {"limit",10}");
            foreach (VerificationCheck check in report.Checks)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {check.Name,-30} {check.Worst,10:0.0E+0} {check.Limit,10:0.0E+0} {(check.Passed ? "ok    " : "FAILED")} {check.Where}").TrimEnd());
            output.WriteLine(report.Checks.FirstOrDefault(check => !check.Passed) is { } failed
                ? $"  failed: {failed.Name}{(failed.Where.Length > 0 ? ", worst in " + failed.Where : "")}"
                : "  passed");
        }
        if (reports.Count > 1) output.WriteLine($"{reports.Count(report => report.Passed)} of {reports.Count} passed");
    }

    private static void WriteJson(CommandHost host, IReadOnlyList<VerificationReport> reports, bool single) => host.WriteJson(json =>
    {
        if (!single) json.WriteStartArray();
        foreach (VerificationReport report in reports) VerificationTable.WriteJson(json, report);
        if (!single) json.WriteEndArray();
    });
}
