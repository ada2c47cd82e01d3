using Glossa.Pipeline.Report.Drawing;

namespace Glossa.Pipeline.Report.Page;

/// <summary>What was trained, and how the losses fell.</summary>
internal static class TrainingSection
{
    /// <summary>Writes the section.</summary>
    public static void Write(Markup markup, RunReport report)
    {
        markup.Line($"<h2 id=\"training\">Training</h2>");
        WritePhases(markup, report.Training.Phases);
        if (report.Training.Teachers is { } teachers) markup.Line($"<p>{teachers.Sentence}</p>");
        if (report.LearningCurve.Count == 0) return;
        WriteChart(markup, report, "Training loss, one colour a phase: the line is the mean of neighbouring points, the shade reaches from the lowest to the highest.",
            new("loss, nats per token", p => p.Loss, 1100, 320) { Logarithmic = true, NamePhases = true, ShowSpread = true });
        markup.Line($"<div class=\"trio\">");
        WriteChart(markup, report, "", new("learning rate, share of its peak", p => p.LearningRateFactor, 356, 190));
        WriteChart(markup, report, "", new("gradient norm before clipping", p => p.GradientNorm, 356, 190) { Logarithmic = true });
        WriteChart(markup, report, "", new("tokens per second", p => p.TokensPerSecond, 356, 190));
        markup.Line($"</div>");
    }

    private static void WriteChart(Markup markup, RunReport report, string caption, CurveChartOptions options)
    {
        markup.Line($"<figure>");
        CurveChart.Draw(markup, report.LearningCurve, report.Training.Phases, options);
        if (caption.Length > 0) markup.Line($"<figcaption>{caption}</figcaption>");
        markup.Line($"</figure>");
    }

    private static void WritePhases(Markup markup, IReadOnlyList<PhaseSummary> phases)
    {
        markup.Line($"<div class=\"scroll\"><table><thead><tr><th>Phase</th><th class=\"n\">Languages</th><th class=\"n\">Unique text</th><th class=\"n\">Tokens</th><th class=\"n\">Steps</th><th class=\"n\">Time</th><th class=\"n\">Tokens per second</th></tr></thead><tbody>");
        for (int i = 0; i < phases.Count; i++)
        {
            PhaseSummary phase = phases[i];
            markup.Line($"<tr><td><span class=\"key {PhaseColour.Of(i + 1)}\"></span>{i + 1}: <bdi>{phase.Name}</bdi></td><td class=\"n\">{Figures.Count(phase.Languages)}</td><td class=\"n\">{Figures.Size(phase.UniqueBytes)}</td><td class=\"n\">{Figures.Count(phase.Tokens)}</td><td class=\"n\">{Figures.Count(phase.Steps)}</td><td class=\"n\">{Figures.Duration(phase.Seconds)}</td><td class=\"n\">{Figures.Count(phase.TokensPerSecond)}</td></tr>");
        }
        markup.Line($"</tbody>");
        if (phases.Count > 1)
        {
            double seconds = phases.Sum(p => p.Seconds);
            long tokens = phases.Sum(p => p.Tokens);
            markup.Line($"<tfoot><tr><td>All phases</td><td></td><td></td><td class=\"n\">{Figures.Count(tokens)}</td><td class=\"n\">{Figures.Count(phases.Sum(p => p.Steps))}</td><td class=\"n\">{Figures.Duration(seconds)}</td><td class=\"n\">{(seconds > 0 ? Figures.Count(tokens / seconds) : "–")}</td></tr></tfoot>");
        }
        markup.Line($"</table></div>");
    }
}
