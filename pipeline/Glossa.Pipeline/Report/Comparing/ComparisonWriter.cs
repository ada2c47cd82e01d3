using Glossa.Pipeline.Report.Card;

namespace Glossa.Pipeline.Report.Comparing;

/// <summary>Writes a comparison for programs and for people.</summary>
public static class ComparisonWriter
{
    /// <summary>Name of the file for programs.</summary>
    public const string JsonName = "comparison.json";

    /// <summary>Name of the file for people.</summary>
    public const string MarkdownName = "comparison.md";

    /// <summary>Writes comparison.json and comparison.md into <paramref name="folder"/>.</summary>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string folder, ComparisonResult result)
    {
        AtomicFile.WriteText(Path.Combine(folder, MarkdownName), Render(result));
        AtomicFile.WriteBytes(Path.Combine(folder, JsonName), ReportJson.Serialize(result, ReportJson.Readable.ComparisonResult));
    }

    /// <summary>The comparison as Markdown.</summary>
    public static string Render(ComparisonResult result)
    {
        Markdown page = new();
        page.Line($"# Comparison of {Name(result.PreviousConfig)} with {Name(result.CurrentConfig)}").Line();
        page.Line($"**{result.Verdict}**").Line();
        page.Line($"| figure | before | now | change |");
        page.Line($"|---|---:|---:|---:|");
        page.Line($"| mean bits per byte | {Figures.Bits(result.Mean.Previous)} | {Figures.Bits(result.Mean.Current)} | {Change(result.Mean)} |");
        page.Line($"| training time | {Figures.Duration(result.TrainingSeconds.Previous)} | {Figures.Duration(result.TrainingSeconds.Current)} | {Change(result.TrainingSeconds)} |");
        foreach (ExportChange export in result.Exports)
        {
            page.Line($"| {export.Precision}: bits per byte | {Figures.Bits(export.BitsPerByte.Previous)} | {Figures.Bits(export.BitsPerByte.Current)} | {Change(export.BitsPerByte)} |");
            page.Line($"| {export.Precision}: size | {Figures.Size(export.Bytes.Previous)} | {Figures.Size(export.Bytes.Current)} | {Change(export.Bytes)} |");
            page.Line($"| {export.Precision}: time per sentence | {Figures.Milliseconds(export.MillisecondsPerSentence.Previous)} | {Figures.Milliseconds(export.MillisecondsPerSentence.Current)} | {Change(export.MillisecondsPerSentence)} |");
        }
        page.Line();
        WriteLanguages(page, result);
        foreach (string note in result.Notes) page.Line($"- {note}");
        return page.ToString();
    }

    private static void WriteLanguages(Markdown page, ComparisonResult result)
    {
        page.Line($"Of {Figures.Count(result.LanguagesCompared)} languages, {Figures.Count(result.LanguagesImproved)} are better and {Figures.Count(result.LanguagesWorse)} worse.").Line();
        if (result.LanguagesAdded.Count > 0) page.Line($"Added: {string.Join(", ", result.LanguagesAdded)}.").Line();
        if (result.LanguagesRemoved.Count > 0) page.Line($"Removed: {string.Join(", ", result.LanguagesRemoved)}.").Line();
        if (result.WorstRegressions.Count == 0) return;
        page.Line($"| lost most | tag | before | now | change |");
        page.Line($"|---|---|---:|---:|---:|");
        foreach (LanguageChange l in result.WorstRegressions)
            page.Line($"| {l.Name ?? l.Language} | {l.Language} | {Figures.Bits(l.BitsPerByte.Previous)} | {Figures.Bits(l.BitsPerByte.Current)} | {Change(l.BitsPerByte)} |");
        page.Line();
    }

    private static string Name(string config) => config.Length > 0 ? config : "a run";

    private static string Change(FigureChange change) => change.RelativeChange is { } share ? Figures.Change(share, "0.00") : "–";
}
