namespace Glossa.Pipeline.Report;

/// <summary>Names of the report's files in a run folder.</summary>
public static class ReportFiles
{
    /// <summary>The numbers, for programs.</summary>
    public const string Json = "report.json";

    /// <summary>The page, for people.</summary>
    public const string Html = "report.html";

    /// <summary>The model card.</summary>
    public const string Card = "README.md";

    /// <summary>The folder of TensorBoard event files.</summary>
    public const string Events = "events";
}
