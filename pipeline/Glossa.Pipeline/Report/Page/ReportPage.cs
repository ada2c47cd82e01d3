namespace Glossa.Pipeline.Report.Page;

/// <summary>The page of a run: one HTML file that needs nothing but a browser.</summary>
internal static class ReportPage
{
    /// <summary>The whole page; the same report gives the same text.</summary>
    public static string Render(RunReport report)
    {
        string title = report.Config.Length > 0 ? report.Config : "run";
        Markup markup = new();
        markup.Line($"<!DOCTYPE html>");
        markup.Line($"<html lang=\"en\">");
        markup.Line($"<head>");
        markup.Line($"<meta charset=\"utf-8\">");
        markup.Line($"<meta http-equiv=\"Content-Security-Policy\" content=\"{PageAssets.ContentPolicy}\">");
        markup.Line($"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        markup.Line($"<title>{title}: Glossa report</title>");
        markup.Add($"<style>\n").AddAsset(PageAssets.Style);
        markup.Line($"\n</style>\n</head>\n<body>\n<main>");
        HeadlineSection.Write(markup, report, title);
        TrainingSection.Write(markup, report);
        LanguageSections.WriteCharts(markup, report);
        SelectionSection.Write(markup, report);
        RunSections.WriteExports(markup, report);
        RunSections.WriteStages(markup, report);
        LanguageSections.WriteTable(markup, report);
        markup.Add($"</main>\n<script>").AddAsset(PageAssets.Script);
        markup.Line($"</script>\n</body>\n</html>");
        return markup.ToString();
    }
}
