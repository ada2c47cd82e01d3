using System.Text.Json;

namespace Glossa.Pipeline.Report;

/// <summary>Reads report.json.</summary>
public static class ReportReader
{
    /// <summary>Reads a report; <paramref name="path"/> is the file or the run folder that holds it.</summary>
    /// <exception cref="InputException">The file is missing, is no report, lacks a figure, or is of another version.</exception>
    public static RunReport Read(string path)
    {
        if (Directory.Exists(path)) path = Path.Combine(path, ReportFiles.Json);
        using FileStream stream = IoFailure.OpenRead(path, "report");
        RunReport report = Parse(stream, path);
        if (ReportChecks.FirstProblem(report) is { } problem) throw Damaged(problem, path, null);
        return report;
    }

    private static RunReport Parse(FileStream stream, string path)
    {
        try
        {
            RunReport? report = JsonSerializer.Deserialize(stream, ReportJson.Readable.RunReport);
            if (report is null) throw Damaged("the file holds null, expected an object", path, null);
            if (report.Version != RunReport.CurrentVersion) throw WrongVersion(report.Version, path);
            return report;
        }
        catch (JsonException e)
        {
            if (OtherVersion(stream) is { } version) throw WrongVersion(version, path);
            throw Damaged(Describe(e), path, e);
        }
    }

    /// <summary>The version of a report that another Glossa wrote and this one cannot follow; null where that is not the trouble.</summary>
    private static int? OtherVersion(FileStream stream)
    {
        try
        {
            stream.Position = 0;
            using JsonDocument document = JsonDocument.Parse(stream);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("version", out JsonElement value)
                && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int version) && version != RunReport.CurrentVersion ? version : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static InputException WrongVersion(int version, string path) => new(
        $"a report of version {version}, expected {RunReport.CurrentVersion}", path,
        "read it with the glossa that wrote it, or run the pipeline again");

    /// <summary>The reader's message without its repeated position, and the position once, counted from 1.</summary>
    private static string Describe(JsonException e)
    {
        string message = e.Message;
        foreach (string position in (string[])[" Path: ", " LineNumber: "])
        {
            int start = message.IndexOf(position, StringComparison.Ordinal);
            if (start >= 0) message = message[..start];
        }
        string where = string.IsNullOrEmpty(e.Path) ? "" : $" at {e.Path}";
        string line = e.LineNumber is { } number ? $" (line {number + 1})" : "";
        return message.TrimEnd('.') + where + line;
    }

    private static InputException Damaged(string what, string path, Exception? inner) => new(
        $"not a whole report: {what}", path, "make it again with `glossa run`, which writes report.json at its end", inner);
}
