using Glossa.Pipeline.Report.Page;

namespace Glossa.Pipeline.Report.Drawing;

/// <summary>The rectangle of a chart that the axes span, in pixels of the SVG's own coordinate system.</summary>
/// <param name="Width">Width of the whole picture.</param>
/// <param name="Height">Height of the whole picture.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
internal sealed record PlotArea(double Width, double Height, Axis X, Axis Y)
{
    /// <summary>Left end of the plot.</summary>
    public double Left { get; init; } = 44;

    /// <summary>Room right of the plot.</summary>
    public double RightMargin { get; init; } = 14;

    /// <summary>Top end of the plot.</summary>
    public double Top { get; init; } = 26;

    /// <summary>Room below the plot.</summary>
    public double BottomMargin { get; init; } = 38;

    /// <summary>Right end of the plot.</summary>
    public double Right => Width - RightMargin;

    /// <summary>Bottom end of the plot.</summary>
    public double Bottom => Height - BottomMargin;

    /// <summary>Horizontal pixel of a value.</summary>
    public double XOf(double value) => Left + X.Position(value) * (Right - Left);

    /// <summary>Vertical pixel of a value.</summary>
    public double YOf(double value) => Bottom - Y.Position(value) * (Bottom - Top);

    /// <summary>Opens the picture; <paramref name="description"/> is what a screen reader says.</summary>
    public void Open(Markup markup, string description) => markup.Line(
        $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{description}\">");

    /// <summary>Closes the picture.</summary>
    public static void Close(Markup markup) => markup.Line($"</svg>");

    /// <summary>Draws grid lines, tick labels and the names of the axes.</summary>
    public void DrawAxes(Markup markup, string xName, string yName, bool verticalGrid = false)
    {
        markup.Line($"<g class=\"axes\">");
        foreach (double tick in Y.Ticks)
        {
            double y = YOf(tick);
            markup.Line($"<line x1=\"{Left}\" x2=\"{Right}\" y1=\"{y}\" y2=\"{y}\"/><text class=\"end\" x=\"{Left - 6}\" y=\"{y + 4}\">{Y.Label(tick)}</text>");
        }
        foreach (double tick in X.Ticks)
        {
            double x = XOf(tick);
            if (verticalGrid) markup.Line($"<line x1=\"{x}\" x2=\"{x}\" y1=\"{Top}\" y2=\"{Bottom}\"/>");
            markup.Line($"<text class=\"mid\" x=\"{x}\" y=\"{Bottom + 16}\">{X.Label(tick)}</text>");
        }
        markup.Line($"<line class=\"base\" x1=\"{Left}\" x2=\"{Right}\" y1=\"{Bottom}\" y2=\"{Bottom}\"/>");
        markup.Line($"<text class=\"name\" x=\"{2}\" y=\"{12}\">{yName}</text>");
        if (xName.Length > 0) markup.Line($"<text class=\"name end\" x=\"{Right}\" y=\"{Height - 4}\">{xName}</text>");
        markup.Line($"</g>");
    }
}
