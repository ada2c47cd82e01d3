using Glossa.Pipeline.Report.Card;
using Glossa.Pipeline.Report.Page;

namespace Glossa.Pipeline.Report;

/// <summary>Writes the report of a run.</summary>
public static class ReportWriter
{
    /// <summary>
    /// Writes report.json, report.html and README.md into <paramref name="folder"/>, each as a whole; the same report
    /// gives the same bytes. The JSON comes last: where it stands, the others do.
    /// </summary>
    /// <exception cref="WorkException">A figure is not a number, or the disk is full.</exception>
    public static void Write(string folder, RunReport report)
    {
        if (ReportChecks.FirstProblem(report) is { } problem)
        {
            throw new WorkException(
                $"the run's figures cannot be reported: {problem}", folder,
                "training has probably diverged: lower the learning rates, or look at the last lines of the log");
        }
        AtomicFile.WriteText(Path.Combine(folder, ReportFiles.Html), ReportPage.Render(report));
        AtomicFile.WriteText(Path.Combine(folder, ReportFiles.Card), ModelCard.Render(report));
        AtomicFile.WriteBytes(Path.Combine(folder, ReportFiles.Json), ReportJson.Serialize(report, ReportJson.Readable.RunReport));
    }
}
