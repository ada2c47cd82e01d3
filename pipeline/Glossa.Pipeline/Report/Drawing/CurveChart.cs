using Glossa.Pipeline.Report.Page;

namespace Glossa.Pipeline.Report.Drawing;

/// <summary>What a chart of the learning curve shows.</summary>
/// <param name="Title">Name of the quantity, which stands above the vertical axis.</param>
/// <param name="Value">The quantity.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
internal sealed record CurveChartOptions(string Title, Func<LearningCurvePoint, double> Value, double Width, double Height)
{
    /// <summary>True for a logarithmic vertical axis; a quantity that is 0 somewhere gets a linear one all the same.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>True to write the phases' names on the chart.</summary>
    public bool NamePhases { get; init; }

    /// <summary>True to shade from the lowest to the highest value around the mean.</summary>
    public bool ShowSpread { get; init; }
}

/// <summary>A quantity of the learning curve over the tokens trained on, one colour a phase.</summary>
internal static class CurveChart
{
    /// <summary>Draws the chart; points at which the quantity is not finite are left out, and where none is left there is no chart.</summary>
    public static void Draw(Markup markup, IReadOnlyList<LearningCurvePoint> curve, IReadOnlyList<PhaseSummary> phases, CurveChartOptions options)
    {
        curve = [.. curve.Where(p => double.IsFinite(options.Value(p)))];
        if (curve.Count == 0) return;
        double tokens = Math.Max(1, curve[^1].Tokens);
        PhaseCurve[] lines = [.. curve.GroupBy(p => p.Phase).OrderBy(g => g.Key).Select(g => PhaseCurve.Of(g.Key, [.. g], options, tokens))];
        double low = lines.Min(l => l.Samples.Min(s => options.ShowSpread ? s.Low : s.Mean));
        double high = lines.Max(l => l.Samples.Max(s => options.ShowSpread ? s.High : s.Mean));
        Axis y = options.Logarithmic && low > 0 ? Axis.Logarithmic(low, high, (int)(options.Height / 36)) : Axis.Linear(Math.Min(0, low), Math.Max(high, 1e-9), 4);
        PlotArea area = new(options.Width, options.Height, Axis.LinearBetween(0, tokens, options.Width > 700 ? 10 : 4), y)
        {
            Top = options.NamePhases ? 42 : 26,
        };

        area.Open(markup, $"{options.Title} over tokens, by phase");
        area.DrawAxes(markup, "tokens", options.Title);
        foreach (PhaseCurve line in lines) line.Draw(markup, area, options);
        DrawBoundaries(markup, area, lines, phases, options);
        PlotArea.Close(markup);
    }

    private static void DrawBoundaries(
        Markup markup, PlotArea area, PhaseCurve[] lines, IReadOnlyList<PhaseSummary> phases, CurveChartOptions options)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            double start = i == 0 ? area.Left : area.XOf(lines[i].Start);
            if (i > 0) markup.Line($"<line class=\"boundary\" x1=\"{start}\" x2=\"{start}\" y1=\"{area.Top - (options.NamePhases ? 4 : 0)}\" y2=\"{area.Bottom}\"/>");
            if (!options.NamePhases) continue;
            int index = lines[i].Phase - 1;
            string name = index < phases.Count ? $"phase {lines[i].Phase}: {phases[index].Name}" : $"phase {lines[i].Phase}";
            markup.Line($"<text class=\"label {PhaseColour.Of(lines[i].Phase)}\" x=\"{(i == 0 ? start : start - 4)}\" y=\"{area.Top - 8}\">{name}</text>");
        }
    }

    /// <summary>One phase's part of the curve.</summary>
    private sealed record PhaseCurve(int Phase, double Start, IReadOnlyList<CurveSample> Samples)
    {
        // A piece is some four pixels wide, and holds some four points where there are enough.
        public static PhaseCurve Of(int phase, IReadOnlyList<LearningCurvePoint> points, CurveChartOptions options, double allTokens)
        {
            double share = (points[^1].Tokens - points[0].Tokens) / allTokens;
            int buckets = (int)Math.Max(16, Math.Min(share * options.Width / 4, points.Count / 4.0));
            return new(phase, points[0].Tokens, Curve.Sample(points, p => p.Tokens, options.Value, buckets));
        }

        public void Draw(Markup markup, PlotArea area, CurveChartOptions options)
        {
            string colour = PhaseColour.Of(Phase);
            if (options.ShowSpread && Samples.Count > 1)
            {
                markup.Add($"<path class=\"spread {colour}\" d=\"");
                WritePath(markup, Samples.Select(s => (area.XOf(s.X), area.YOf(s.High))), 'M');
                WritePath(markup, Samples.Reverse().Select(s => (area.XOf(s.X), area.YOf(s.Low))), 'L');
                markup.Line($"Z\"/>");
            }
            markup.Add($"<path class=\"curve {colour}\" d=\"");
            WritePath(markup, Samples.Select(s => (area.XOf(s.X), area.YOf(s.Mean))), 'M');
            markup.Line($"\"/>");
        }

        private static void WritePath(Markup markup, IEnumerable<(double X, double Y)> points, char first)
        {
            string command = first.ToString();
            foreach ((double x, double y) in points)
            {
                markup.Add($"{command}{x} {y}");
                command = "L";
            }
        }
    }
}
