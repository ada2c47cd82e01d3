using Glossa.Pipeline.Report.Page;

namespace Glossa.Pipeline.Report.Drawing;

/// <summary>
/// One thin bar per language from best to worst: solid up to the finished model's bits per byte, pale up to where it
/// stood after phase 1, red where phase 2 made it worse, a mark for LZMA2.
/// </summary>
internal static class LanguageBars
{
    private const double Width = 1100;
    private const double Height = 340;

    /// <summary>Draws the chart; there is one language at least.</summary>
    public static void Draw(Markup markup, IReadOnlyList<LanguageResult> languages)
    {
        LanguageResult[] sorted = [.. languages.OrderBy(l => l.BitsPerByte).ThenBy(l => l.Language, StringComparer.Ordinal)];
        double high = sorted.Max(l => Math.Max(l.BitsPerByte, Math.Max(l.BitsPerByteAfterPhase1 ?? 0, l.Lzma2 ?? 0)));
        PlotArea area = new(Width, Height, Axis.LinearBetween(0, sorted.Length, 10), Axis.Linear(0, high, 6));

        area.Open(markup, "Bits per byte of every language, best first, after phase 1 and at the end, with LZMA2");
        area.DrawAxes(markup, "languages, best first", "bits per byte");
        double slot = (area.Right - area.Left) / sorted.Length;
        double bar = Math.Min(18, slot * (slot > 4 ? 0.8 : 0.72));
        for (int i = 0; i < sorted.Length; i++) DrawLanguage(markup, area, sorted[i], area.Left + i * slot, slot, bar);
        PlotArea.Close(markup);
    }

    private static void DrawLanguage(Markup markup, PlotArea area, LanguageResult language, double x, double slot, double bar)
    {
        double left = x + (slot - bar) / 2;
        double final = area.YOf(language.BitsPerByte);
        double before = area.YOf(language.BitsPerByteAfterPhase1 ?? language.BitsPerByte);
        double solid = Math.Max(final, before);
        markup.Add($"<g class=\"hit {PhaseColour.Of(language.Phase)}\"><title>{LanguageText.Hover(language)}</title>");
        markup.Add($"<rect class=\"area\" x=\"{x}\" y=\"{area.Top}\" width=\"{slot}\" height=\"{area.Bottom - area.Top}\"/>");
        markup.Add($"<rect class=\"bar\" x=\"{left}\" y=\"{solid}\" width=\"{bar}\" height=\"{area.Bottom - solid}\"/>");
        if (before < final) markup.Add($"<rect class=\"before\" x=\"{left}\" y=\"{before}\" width=\"{bar}\" height=\"{final - before}\"/>");
        else if (final < before) markup.Add($"<rect class=\"worse\" x=\"{left}\" y=\"{final}\" width=\"{bar}\" height=\"{before - final}\"/>");
        if (language.Lzma2 is { } lzma2)
        {
            double mark = Math.Clamp(bar, 1.8, 8);
            markup.Add($"<rect class=\"lzma\" x=\"{x + (slot - mark) / 2}\" y=\"{area.YOf(lzma2) - 1}\" width=\"{mark}\" height=\"{2.0}\"/>");
        }
        markup.Line($"</g>");
    }
}
