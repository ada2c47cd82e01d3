using Glossa.Pipeline.Report.Page;

namespace Glossa.Pipeline.Report.Drawing;

/// <summary>What a scatter chart of languages shows.</summary>
/// <param name="XName">Name of the horizontal quantity.</param>
/// <param name="X">The horizontal quantity; languages without it are left out.</param>
/// <param name="Description">What a screen reader says.</param>
internal sealed record ScatterOptions(string XName, Func<LanguageResult, double?> X, string Description)
{
    /// <summary>True for a logarithmic horizontal axis: only languages with a value above 0 are drawn.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>True where both axes hold the same quantity: equal ends, and a line where the two are equal.</summary>
    public bool Diagonal { get; init; }

    /// <summary>Name of the vertical quantity.</summary>
    public string YName { get; init; } = "bits per byte of the model";

    /// <summary>What stands above the diagonal and below it.</summary>
    public (string Above, string Below) Sides { get; init; } = ("LZMA2 is lower", "the model is lower");
}

/// <summary>A dot per language, bits per byte of the model upwards, coloured by phase; the outermost ones are named.</summary>
internal static class ScatterChart
{
    /// <summary>Width of the picture.</summary>
    public const double Width = 540;

    /// <summary>Height of the picture.</summary>
    public const double Height = 400;

    private const int Named = 6;

    /// <summary>True where there is something to draw.</summary>
    public static bool HasPoints(IReadOnlyList<LanguageResult> languages, ScatterOptions options) =>
        languages.Any(l => Included(options.X(l), options));

    /// <summary>Draws the chart.</summary>
    public static void Draw(Markup markup, IReadOnlyList<LanguageResult> languages, ScatterOptions options)
    {
        // Phase 1 last, so that the few dots of it lie on top.
        LanguageResult[] shown =
        [
            .. languages.Where(l => Included(options.X(l), options))
                .OrderByDescending(l => l.Phase).ThenBy(l => l.Language, StringComparer.Ordinal),
        ];
        PlotArea area = AreaOf(shown, options);
        area.Open(markup, options.Description);
        area.DrawAxes(markup, options.XName, options.YName, verticalGrid: true);
        if (options.Diagonal) markup.Line($"<line class=\"boundary\" x1=\"{area.Left}\" y1=\"{area.Bottom}\" x2=\"{area.Right}\" y2=\"{area.Top}\"/>");
        foreach (LanguageResult language in shown)
        {
            (double x, double y) = (area.XOf(options.X(language)!.Value), area.YOf(language.BitsPerByte));
            markup.Line($"<circle class=\"dot {PhaseColour.Of(language.Phase)}\" cx=\"{x}\" cy=\"{y}\" r=\"{3.5}\"><title>{LanguageText.Hover(language)}</title></circle>");
        }
        if (options.Diagonal) NameSides(markup, area, options.Sides);
        NameOutermost(markup, area, shown, options);
        PlotArea.Close(markup);
    }

    private static bool Included(double? x, ScatterOptions options) => x is { } value && (!options.Logarithmic || value > 0);

    private static PlotArea AreaOf(LanguageResult[] shown, ScatterOptions options)
    {
        (double xMin, double xMax) = (shown.Min(l => options.X(l)!.Value), shown.Max(l => options.X(l)!.Value));
        (double yMin, double yMax) = (shown.Min(l => l.BitsPerByte), shown.Max(l => l.BitsPerByte));
        if (options.Diagonal)
        {
            Axis both = Axis.Linear(Math.Min(xMin, yMin), Math.Max(xMax, yMax), 6);
            return new(Width, Height, both, both);
        }
        Axis x = options.Logarithmic ? Axis.Logarithmic(xMin, xMax, 6) : Axis.Linear(xMin, xMax, 6);
        return new(Width, Height, x, Axis.Linear(yMin, yMax, 6));
    }

    private static void NameSides(Markup markup, PlotArea area, (string Above, string Below) sides)
    {
        markup.Line($"<text class=\"note\" x=\"{area.Left + 8}\" y=\"{area.Top + 14}\">{sides.Above}</text>");
        markup.Line($"<text class=\"note end\" x=\"{area.Right - 8}\" y=\"{area.Bottom - 8}\">{sides.Below}</text>");
    }

    /// <summary>Names the worst and best languages where a name does not run into another one.</summary>
    private static void NameOutermost(Markup markup, PlotArea area, LanguageResult[] shown, ScatterOptions options)
    {
        LanguageResult[] sorted = [.. shown.OrderByDescending(l => l.BitsPerByte).ThenBy(l => l.Language, StringComparer.Ordinal)];
        List<(double Left, double Right, double Y)> taken = [];
        foreach (LanguageResult language in sorted.Take(Named).Concat(sorted.Reverse().Take(Named / 2)).Distinct())
        {
            string name = LanguageText.Shorten(language.DisplayName, 18);
            double length = 6.2 * name.Length;
            (double x, double y) = (area.XOf(options.X(language)!.Value), area.YOf(language.BitsPerByte) + 4);
            bool before = x + 8 + length > area.Right;
            double left = before ? x - 8 - length : x + 8;
            if (taken.Any(t => left < t.Right + 10 && left + length + 10 > t.Left && Math.Abs(t.Y - y) < 13)) continue;
            taken.Add((left, left + length, y));
            markup.Line($"<text class=\"{(before ? "note end" : "note")}\" x=\"{(before ? x - 8 : x + 8)}\" y=\"{y}\">{name}</text>");
        }
    }
}
