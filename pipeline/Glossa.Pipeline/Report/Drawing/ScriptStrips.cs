using Glossa.Pipeline.Report.Page;

namespace Glossa.Pipeline.Report.Drawing;

/// <summary>A row per script, a dot per language at its bits per byte, a mark at the script's mean and one at LZMA2's.</summary>
internal static class ScriptStrips
{
    private const double Width = 1100;
    private const double RowHeight = 19;
    private const double Top = 26;
    private const double Bottom = 38;

    /// <summary>The scripts in order of their number of languages; languages without a script stand under "other".</summary>
    public static IReadOnlyList<(string Script, LanguageResult[] Languages)> Group(IReadOnlyList<LanguageResult> languages) =>
    [
        .. languages.GroupBy(l => string.IsNullOrWhiteSpace(l.Script) ? "other" : l.Script, StringComparer.Ordinal)
            .Select(g => (g.Key, g.ToArray()))
            .OrderByDescending(g => g.Item2.Length).ThenBy(g => g.Key, StringComparer.Ordinal),
    ];

    /// <summary>Draws the chart; there is one language at least.</summary>
    public static void Draw(Markup markup, IReadOnlyList<LanguageResult> languages)
    {
        IReadOnlyList<(string Script, LanguageResult[] Languages)> scripts = Group(languages);
        double low = languages.Min(l => Math.Min(l.BitsPerByte, l.Lzma2 ?? l.BitsPerByte));
        double high = languages.Max(l => Math.Max(l.BitsPerByte, l.Lzma2 ?? l.BitsPerByte));
        double height = Top + Bottom + scripts.Count * RowHeight;
        PlotArea area = new(Width, height, Axis.Linear(low, high, 10), Axis.LinearBetween(0, 1, 1)) { Left = 110, Top = Top, BottomMargin = Bottom };

        area.Open(markup, "Bits per byte of every language by script, with the mean of each script and LZMA2's");
        DrawGrid(markup, area);
        for (int row = 0; row < scripts.Count; row++)
            DrawRow(markup, area, scripts[row].Script, scripts[row].Languages, Top + (row + 0.5) * RowHeight);
        PlotArea.Close(markup);
    }

    private static void DrawGrid(Markup markup, PlotArea area)
    {
        markup.Line($"<g class=\"axes\">");
        foreach (double tick in area.X.Ticks)
        {
            double x = area.XOf(tick);
            markup.Line($"<line x1=\"{x}\" x2=\"{x}\" y1=\"{area.Top}\" y2=\"{area.Bottom}\"/><text class=\"mid\" x=\"{x}\" y=\"{area.Bottom + 16}\">{area.X.Label(tick)}</text>");
        }
        markup.Line($"<text class=\"name\" x=\"{2}\" y=\"{12}\">script, languages</text><text class=\"name end\" x=\"{area.Right}\" y=\"{area.Height - 4}\">bits per byte</text></g>");
    }

    private static void DrawRow(Markup markup, PlotArea area, string script, LanguageResult[] languages, double y)
    {
        markup.Line($"<g class=\"axes\"><line x1=\"{area.Left}\" x2=\"{area.Right}\" y1=\"{y}\" y2=\"{y}\"/><text x=\"{2}\" y=\"{y + 4}\">{script}</text><text class=\"end\" x=\"{area.Left - 12}\" y=\"{y + 4}\">{languages.Length}</text></g>");
        foreach (LanguageResult language in languages.OrderBy(l => l.BitsPerByte))
            markup.Line($"<circle class=\"dot {PhaseColour.Of(language.Phase)}\" cx=\"{area.XOf(language.BitsPerByte)}\" cy=\"{y}\" r=\"{3.5}\"><title>{LanguageText.Hover(language)}</title></circle>");
        DrawMean(markup, area, "mean", languages.Average(l => l.BitsPerByte), y);
        if (languages.All(l => l.Lzma2 is not null)) DrawMean(markup, area, "lzma", languages.Average(l => l.Lzma2!.Value), y);
    }

    private static void DrawMean(Markup markup, PlotArea area, string style, double mean, double y) =>
        markup.Line($"<rect class=\"{style}\" x=\"{area.XOf(mean) - 1.25}\" y=\"{y - 7}\" width=\"{2.5}\" height=\"{14.0}\"/>");
}
