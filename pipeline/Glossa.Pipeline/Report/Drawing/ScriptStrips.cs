using Glossa.Pipeline.Report.Page;

namespace Glossa.Pipeline.Report.Drawing;

/// <summary>
/// A row per script, a dot per language at its bits per byte (stacked where they would overlap), a mark at the script's
/// mean and one at LZMA2's. Scripts of one language share the last row.
/// </summary>
internal static class ScriptStrips
{
    private const string Others = "other scripts";
    private const double Width = 1100;
    private const double Top = 26;
    private const double Bottom = 38;
    private const double Left = 128;
    private const double Radius = 3;
    private const double Pitch = 2 * Radius + 0.4;

    /// <summary>
    /// The scripts in order of their number of languages; those of one language, and languages whose script is not
    /// known, come last under one name.
    /// </summary>
    public static IReadOnlyList<(string Script, LanguageResult[] Languages)> Group(IReadOnlyList<LanguageResult> languages)
    {
        (string Script, LanguageResult[] Languages)[] all =
        [
            .. languages.GroupBy(l => string.IsNullOrWhiteSpace(l.Script) ? "" : l.Script, StringComparer.Ordinal)
                .Select(g => (g.Key, g.ToArray()))
                .OrderByDescending(g => g.Item2.Length).ThenBy(g => g.Key, StringComparer.Ordinal),
        ];
        LanguageResult[] others = [.. all.Where(g => IsOther(g.Script, g.Languages)).SelectMany(g => g.Languages)];
        return [.. all.Where(g => !IsOther(g.Script, g.Languages)), .. others.Length > 0 ? [(Others, others)] : Array.Empty<(string, LanguageResult[])>()];
    }

    /// <summary>Draws the chart; there is one language at least.</summary>
    public static void Draw(Markup markup, IReadOnlyList<LanguageResult> languages)
    {
        double low = languages.Min(l => Math.Min(l.BitsPerByte, l.Lzma2 ?? l.BitsPerByte));
        double high = languages.Max(l => Math.Max(l.BitsPerByte, l.Lzma2 ?? l.BitsPerByte));
        Axis axis = Axis.Linear(low, high, 14);
        PlotArea scale = new(Width, 0, axis, axis) { Left = Left };
        Row[] rows = [.. Group(languages).Select(g => Row.Of(g.Script, g.Languages, scale))];
        PlotArea area = scale with { Height = Top + Bottom + rows.Sum(r => r.Height), Top = Top, BottomMargin = Bottom };

        area.Open(markup, "Bits per byte of every language by script, with the mean of each script and LZMA2's");
        DrawGrid(markup, area);
        double y = Top;
        foreach (Row row in rows)
        {
            row.Draw(markup, area, y + row.Height / 2);
            y += row.Height;
        }
        PlotArea.Close(markup);
    }

    private static bool IsOther(string script, LanguageResult[] languages) => script.Length == 0 || languages.Length == 1;

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

    /// <summary>One script: its languages in stacks of dots, a stack for each pitch of the axis.</summary>
    private sealed record Row(string Script, LanguageResult[] Languages, LanguageResult[][] Stacks)
    {
        public double Height => Math.Max(20, Stacks.Max(s => s.Length) * Pitch + 8);

        public static Row Of(string script, LanguageResult[] languages, PlotArea scale) => new(
            script,
            languages,
            [
                .. languages.OrderBy(l => l.BitsPerByte).ThenBy(l => l.Language, StringComparer.Ordinal)
                    .GroupBy(l => Math.Floor(scale.XOf(l.BitsPerByte) / Pitch))
                    .Select(g => g.OrderBy(l => l.Phase).ToArray()),
            ]);

        public void Draw(Markup markup, PlotArea area, double y)
        {
            markup.Line($"<g class=\"axes\"><line x1=\"{area.Left}\" x2=\"{area.Right}\" y1=\"{y}\" y2=\"{y}\"/><text x=\"{2}\" y=\"{y + 4}\">{Script}</text><text class=\"end\" x=\"{area.Left - 12}\" y=\"{y + 4}\">{Languages.Length}</text></g>");
            foreach (LanguageResult[] stack in Stacks)
            {
                double x = (Math.Floor(area.XOf(stack[0].BitsPerByte) / Pitch) + 0.5) * Pitch;
                for (int i = 0; i < stack.Length; i++)
                {
                    double centre = y + ((stack.Length - 1) / 2.0 - i) * Pitch;
                    markup.Line($"<circle class=\"dot {PhaseColour.Of(stack[i].Phase)}\" cx=\"{x}\" cy=\"{centre}\" r=\"{Radius}\"><title>{LanguageText.Hover(stack[i])}</title></circle>");
                }
            }
            if (Script == Others) return;
            DrawMean(markup, area, "mean", Languages.Average(l => l.BitsPerByte), y);
            if (Languages.All(l => l.Lzma2 is not null)) DrawMean(markup, area, "lzma", Languages.Average(l => l.Lzma2!.Value), y);
        }

        private void DrawMean(Markup markup, PlotArea area, string style, double mean, double y) =>
            markup.Line($"<rect class=\"{style}\" x=\"{area.XOf(mean) - 1.5}\" y=\"{y - Height / 2 + 1}\" width=\"{3.0}\" height=\"{Height - 2}\"/>");
    }
}
