using Glossa.Pipeline.Report.Drawing;
using Glossa.Pipeline.Report.Page;
using Glossa.Pipeline.Study.Statistics;

namespace Glossa.Pipeline.Study.Document;

/// <summary>Bits per byte against unique bytes: a small dot for each seed, a curve through each series' means, a named dot for each arm of none.</summary>
internal static class BytesChart
{
    private const double Width = 760, Height = 440;
    private const int Pieces = 48;
    private const double NameHeight = 12, NameColumn = 40;

    /// <summary>The picture; null where no series varies the budget, so that there is no curve to see.</summary>
    public static string? Draw(StudyFigures study)
    {
        if (study.SeriesNames.Count == 0) return null;
        double least = study.Arms.Min(arm => arm.UniqueBytes), most = study.Arms.Max(arm => arm.UniqueBytes);
        return most <= least * 1.02 ? null : StandaloneChart.Of(Width, Height, markup => Draw(markup, study, least, most));
    }

    private static void Draw(Markup markup, StudyFigures study, double least, double most)
    {
        IReadOnlyList<double> all = [.. study.Arms.SelectMany(arm => arm.TestBySeed)];
        PlotArea area = new(Width, Height, Axis.Logarithmic(least, most, 6), Axis.Linear(all.Min(), all.Max(), 7));
        area.Open(markup, "Bits per byte over unique bytes, by series");
        area.DrawAxes(markup, "unique bytes of training text", "bits per byte, test split, mean over languages", verticalGrid: true);
        IReadOnlyList<string> names = study.SeriesNames;
        for (int i = 0; i < names.Count; i++)
        {
            string colour = PhaseColour.Of(i + 1);
            DrawSeries(markup, area, study.Series(names[i]), colour);
            markup.Line($"<text class=\"label end {colour}\" x=\"{area.Right - 8}\" y=\"{area.Top + 16 * (i + 1)}\">{names[i]}</text>");
        }
        ArmFigures[] others = [.. study.Arms.Where(arm => arm.Arm.Series is null)];
        foreach (ArmFigures arm in others) DrawDots(markup, area, arm, "");
        foreach (IGrouping<int, ArmFigures> near in others.GroupBy(arm => (int)(area.XOf(arm.UniqueBytes) / NameColumn))) DrawNames(markup, area, [.. near.OrderBy(arm => area.YOf(arm.Test))]);
        PlotArea.Close(markup);
    }

    // Names of dots that stand above each other, from the top; none is written over another.
    private static void DrawNames(Markup markup, PlotArea area, ArmFigures[] arms)
    {
        double y = double.NegativeInfinity;
        for (int i = 0; i < arms.Length; i++)
        {
            double x = area.XOf(arms[i].UniqueBytes);
            // As low as the one before asks for, and as high as those that follow need.
            y = Math.Min(Math.Max(area.YOf(arms[i].Test) + 4, y + NameHeight), area.Bottom - ((arms.Length - 1 - i) * NameHeight));
            bool before = x > Width / 2;
            markup.Line($"<text class=\"{(before ? "note end" : "note")}\" x=\"{x + (before ? -8 : 8)}\" y=\"{y}\">{arms[i].Name}</text>");
        }
    }

    private static void DrawSeries(Markup markup, PlotArea area, IReadOnlyList<ArmFigures> points, string colour)
    {
        if (points.Count > 1)
        {
            ScalingCurve curve = ScalingCurve.Fit([.. points.Select(point => (point.UniqueBytes, point.Test))]);
            double first = points[0].UniqueBytes, ratio = points[^1].UniqueBytes / first;
            markup.Add($"<path class=\"curve {colour}\" d=\"");
            for (int i = 0; i <= Pieces; i++)
            {
                double bytes = first * Math.Pow(ratio, i / (double)Pieces);
                string command = i == 0 ? "M" : "L";
                markup.Add($"{command}{area.XOf(bytes)} {area.YOf(curve.At(bytes))}");
            }
            markup.Line($"\"/>");
        }
        foreach (ArmFigures point in points) DrawDots(markup, area, point, colour);
    }

    private static void DrawDots(Markup markup, PlotArea area, ArmFigures arm, string colour)
    {
        // Without a series a dot has the colour of axes and text.
        string style = colour.Length > 0 ? "dot " + colour : "lzma";
        foreach (double test in arm.TestBySeed) markup.Line($"<circle class=\"{style}\" cx=\"{area.XOf(arm.UniqueBytes)}\" cy=\"{area.YOf(test)}\" r=\"{3.0}\"/>");
    }
}
