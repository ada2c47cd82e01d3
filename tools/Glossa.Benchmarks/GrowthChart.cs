using System.Globalization;
using System.Text;

namespace Glossa.Benchmarks;

/// <summary>Times over one size.</summary>
internal sealed record GrowthCurve(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Curves over sizes in multiples of each curve's smallest, both axes logarithmic: a line of slope one grows in proportion.</summary>
internal static class GrowthChart
{
    private const double Width = 720, Height = 420, Left = 60, Right = 110, Top = 36, Bottom = 40;

    private static readonly string[] Colours = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e"];

    public static string Draw(IReadOnlyList<GrowthCurve> curves, string title)
    {
        double most = curves.Max(c => c.Points[^1].X / c.Points[0].X), low = curves.Min(c => c.Points.Min(p => p.Y)), high = curves.Max(c => c.Points.Max(p => p.Y));
        StringBuilder svg = new();
        Add($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12"><rect width="{Width}" height="{Height}" fill="white"/><text x="{Left}" y="20">{title}</text>""");
        for (double x = 1; x <= most * 1.001; x *= 2) Add($"""<line x1="{XOf(x):F1}" x2="{XOf(x):F1}" y1="{Top}" y2="{Height - Bottom}" stroke="#ddd"/><text x="{XOf(x):F1}" y="{Height - Bottom + 18}" text-anchor="middle">x{x}</text>""");
        for (double y = Math.Pow(2, Math.Ceiling(Math.Log2(low))); y <= high; y *= 2) Add($"""<line x1="{Left}" x2="{Width - Right}" y1="{YOf(y):F1}" y2="{YOf(y):F1}" stroke="#ddd"/><text x="{Left - 6}" y="{YOf(y) + 4:F1}" text-anchor="end">{y}</text>""");
        for (int i = 0; i < curves.Count; i++)
        {
            GrowthCurve curve = curves[i];
            string colour = Colours[i % Colours.Length], path = string.Join(' ', curve.Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{XOf(p.X / curve.Points[0].X):F1},{YOf(p.Y):F1}")));
            (double x, double y) = (curve.Points[^1].X / curve.Points[0].X, curve.Points[^1].Y);
            Add($"""<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/><text x="{Width - Right + 8}" y="{Top + 16 * (i + 1)}" fill="{colour}">{curve.Name}</text><circle cx="{XOf(x):F1}" cy="{YOf(y):F1}" r="3" fill="{colour}"/>""");
        }
        return svg.AppendLine("</svg>").ToString();

        void Add(FormattableString line) => svg.AppendLine(FormattableString.Invariant(line));
        double XOf(double x) => Left + ((Width - Left - Right) * Math.Log(x) / Math.Log(Math.Max(2, most)));
        double YOf(double y) => Height - Bottom - ((Height - Top - Bottom) * (Math.Log(y / low) / Math.Log(Math.Max(1.01, high / low))));
    }
}
