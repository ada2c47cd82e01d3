using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Glossa.Training.Verification;

/// <summary>Reports as a table for people and as JSON for programs.</summary>
public static class VerificationTable
{
    private static readonly string[] Columns =
    [
        VerificationChecks.Outputs, VerificationChecks.Gradients, VerificationChecks.StandardGradients, VerificationChecks.NearZero, VerificationChecks.Decay, VerificationChecks.NoDecay, VerificationChecks.SecondShape,
    ];

    private const string Begin = "<!-- verification -->\n", End = "<!-- end of verification -->";

    /// <summary>
    /// Writes reports as a Markdown table: a row a folder, the worst difference of each check. A file that has the comments <c>verification</c> and <c>end of verification</c> keeps what is
    /// around them.
    /// </summary>
    /// <exception cref="WorkException">The file cannot be written.</exception>
    public static void WriteMarkdown(string path, IReadOnlyList<VerificationReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        StringBuilder text = new();
        text.Append("| folder | loss | parameters | ").AppendJoin(" | ", Columns).Append(" | |\n|---|---|--:|").Append(string.Concat(Columns.Select(_ => "--:|"))).Append("---|\n");
        foreach (VerificationReport report in reports)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {report.Name} | {report.Loss} | {report.Parameters} | ");
            text.AppendJoin(" | ", Columns.Select(column => report.Find(column) is { } check ? check.Worst.ToString("0.0E+0", CultureInfo.InvariantCulture) + (check.Passed ? "" : " (!)") : ""));
            text.Append(report.Passed ? " | passed |\n" : " | **failed** |\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"\n{reports.Count(report => report.Passed)} of {reports.Count} passed.\n");
        string page = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        int begin = page.IndexOf(Begin, StringComparison.Ordinal), end = page.IndexOf(End, StringComparison.Ordinal);
        string written = begin < 0 || end < begin ? text.ToString() : page[..(begin + Begin.Length)] + text + page[end..];
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(written)));
    }

    /// <summary>Writes one report as a JSON object; a difference that is no finite number is null.</summary>
    public static void WriteJson(Utf8JsonWriter json, VerificationReport report)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(report);
        json.WriteStartObject();
        json.WriteString("name", report.Name);
        json.WriteString("loss", report.Loss);
        json.WriteString("against", report.AgainstReference ? "reference" : "finite differences");
        json.WriteBoolean("passed", report.Passed);
        json.WriteNumber("parameters", report.Parameters);
        json.WriteStartArray("checks");
        foreach (VerificationCheck check in report.Checks)
        {
            json.WriteStartObject();
            json.WriteString("name", check.Name);
            json.WriteBoolean("passed", check.Passed);
            json.WritePropertyName("worst");
            if (double.IsFinite(check.Worst)) json.WriteNumberValue(check.Worst);
            else json.WriteNullValue();
            json.WriteNumber("limit", check.Limit);
            json.WriteString("where", check.Where);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (string note in report.Notes) json.WriteStringValue(note);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
