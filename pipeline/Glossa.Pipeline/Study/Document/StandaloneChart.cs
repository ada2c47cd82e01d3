using Glossa.Pipeline.Report.Page;

namespace Glossa.Pipeline.Study.Document;

/// <summary>A chart as a file of its own: colours and rules inside, light and dark.</summary>
internal static class StandaloneChart
{
    private static readonly Asset Font = new("svg { font: 12px system-ui, -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", sans-serif; } .paper { fill: var(--paper); }\n");

    /// <summary>The text of the file.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="draw">Draws the chart of that size.</param>
    public static string Of(double width, double height, Action<Markup> draw)
    {
        Markup markup = new();
        markup.Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">");
        markup.Line($"<style>");
        markup.AddAsset(PageAssets.Palette);
        markup.Line($"");
        markup.AddAsset(Font);
        markup.AddAsset(PageAssets.Charts);
        markup.Line($"");
        markup.Line($"</style>");
        markup.Line($"<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>");
        draw(markup);
        markup.Line($"</svg>");
        return markup.ToString();
    }
}
