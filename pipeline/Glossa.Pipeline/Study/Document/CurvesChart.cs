using Glossa.Pipeline.Report.Drawing;
using Glossa.Pipeline.Report.Page;
using Glossa.Pipeline.Study.Results;

namespace Glossa.Pipeline.Study.Document;

/// <summary>Learning curves of arms, one line for each with its first seed.</summary>
internal static class CurvesChart
{
    private const double Width = 760, Height = 400;

    /// <summary>The picture; null where no arm has a curve.</summary>
    public static string? Draw(IReadOnlyList<ArmFigures> arms)
    {
        ArmFigures[] drawn = [.. arms.Where(arm => arm.Cells[0].Training.Curve.Tokens.Count > 1)];
        return drawn.Length == 0 ? null : StandaloneChart.Of(Width, Height, markup => Draw(markup, drawn));
    }

    private static void Draw(Markup markup, ArmFigures[] arms)
    {
        CellCurve[] curves = [.. arms.Select(arm => arm.Cells[0].Training.Curve)];
        PlotArea area = new(
            Width, Height, Axis.LinearBetween(0, curves.Max(curve => curve.Tokens[^1]), 8),
            Axis.Logarithmic(curves.Min(curve => curve.Loss.Min()), curves.Max(curve => curve.Loss.Max()), 8));
        area.Open(markup, "Training loss over tokens, by arm");
        area.DrawAxes(markup, "tokens", "training loss, nats per token");
        for (int i = 0; i < arms.Length; i++)
        {
            string colour = PhaseColour.Of(i + 1);
            markup.Add($"<path class=\"curve {colour}\" d=\"");
            for (int point = 0; point < curves[i].Tokens.Count; point++)
            {
                string command = point == 0 ? "M" : "L";
                markup.Add($"{command}{area.XOf(curves[i].Tokens[point])} {area.YOf(curves[i].Loss[point])}");
            }
            markup.Line($"\"/>");
            markup.Line($"<text class=\"label end {colour}\" x=\"{area.Right - 8}\" y=\"{area.Top + 16 * (i + 1)}\">{arms[i].Name}</text>");
        }
        PlotArea.Close(markup);
    }
}
