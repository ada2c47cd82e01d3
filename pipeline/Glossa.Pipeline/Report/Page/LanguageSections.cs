using Glossa.Pipeline.Report.Drawing;

namespace Glossa.Pipeline.Report.Page;

/// <summary>The charts and the table of languages.</summary>
internal static class LanguageSections
{
    /// <summary>Writes the charts.</summary>
    public static void WriteCharts(Markup markup, RunReport report)
    {
        if (report.Languages.Count == 0) return;
        markup.Line($"<h2 id=\"languages\">Languages</h2>");
        WriteBars(markup, report.Languages);
        if (report.Languages.Any(l => !string.IsNullOrWhiteSpace(l.Script))) WriteScripts(markup, report.Languages);
        markup.Line($"<div class=\"pair\">");
        WriteScatter(markup, report.Languages, "Bits per byte over training text", new("bytes of training text", l => l.TrainBytes, "Bits per byte over bytes of training text") { Logarithmic = true });
        WriteScatter(markup, report.Languages, "The model beside LZMA2", new("bits per byte of LZMA2", l => l.Lzma2, "Bits per byte of the model over those of LZMA2") { Diagonal = true });
        markup.Line($"</div>");
    }

    /// <summary>Writes the table of all languages, best first.</summary>
    public static void WriteTable(Markup markup, RunReport report)
    {
        if (report.Languages.Count == 0) return;
        markup.Line($"<h2 id=\"table\">Table of languages</h2>");
        markup.Line($"<div class=\"scroll tall\"><table id=\"all\"><thead><tr><th>Tag</th><th>Language</th><th>Script</th><th>Family</th><th class=\"n\">Phase</th><th class=\"n\">Training bytes</th><th class=\"n\">After phase 1</th><th class=\"n\">Bits per byte</th><th class=\"n\">LZMA2</th><th class=\"n\">Model − LZMA2</th></tr></thead><tbody>");
        foreach (LanguageResult l in report.Languages.OrderBy(l => l.BitsPerByte).ThenBy(l => l.Language, StringComparer.Ordinal)) WriteRow(markup, l);
        markup.Line($"</tbody></table></div>");
    }

    private static void WriteRow(Markup markup, LanguageResult l)
    {
        markup.Add($"<tr><td><code>{l.Language}</code></td><td class=\"w\"><bdi>{l.DisplayName}</bdi></td><td>{l.Script}</td><td><bdi>{l.Family}</bdi></td><td class=\"n\">{l.Phase}</td><td class=\"n\">{Figures.Count(l.TrainBytes)}</td>");
        markup.Add($"<td class=\"n\">{Figures.Bits(l.BitsPerByteAfterPhase1)}</td><td class=\"n\">{Figures.Bits(l.BitsPerByte)}</td><td class=\"n\">{Figures.Bits(l.Lzma2)}</td>");
        if (l.Lzma2 is { } lzma2)
        {
            string style = l.BitsPerByte > lzma2 ? "n up" : "n down";
            markup.Line($"<td class=\"{style}\">{Figures.Difference(l.BitsPerByte - lzma2)}</td></tr>");
        }
        else
        {
            markup.Line($"<td class=\"n\">–</td></tr>");
        }
    }

    private static void WriteBars(Markup markup, IReadOnlyList<LanguageResult> languages)
    {
        markup.Line($"<figure data-read=\"\"><div class=\"wide\">");
        LanguageBars.Draw(markup, languages);
        markup.Add($"</div><figcaption><span class=\"key p1\"></span>phase 1<span class=\"key p2\"></span>phase 2");
        if (languages.Any(l => l.BitsPerByteAfterPhase1 > l.BitsPerByte)) markup.Add($"<span class=\"key p2 pale\"></span>what phase 2 took off");
        if (languages.Any(l => l.BitsPerByteAfterPhase1 < l.BitsPerByte)) markup.Add($"<span class=\"key bad\"></span>what phase 2 added");
        if (languages.Any(l => l.Lzma2 is not null)) markup.Add($"<span class=\"key mark\"></span>LZMA2");
        markup.Line($". One bar a language.</figcaption></figure>");
    }

    private static void WriteScripts(Markup markup, IReadOnlyList<LanguageResult> languages)
    {
        markup.Line($"<h3>By script</h3><figure data-read=\"\"><div class=\"wide\">");
        ScriptStrips.Draw(markup, languages);
        markup.Add($"</div><figcaption><span class=\"key p1\"></span>phase 1<span class=\"key p2\"></span>phase 2<span class=\"key middle\"></span>mean of the script");
        if (languages.Any(l => l.Lzma2 is not null)) markup.Add($"<span class=\"key upright\"></span>mean of LZMA2");
        markup.Line($". One dot a language</figcaption></figure>");
    }

    private static void WriteScatter(Markup markup, IReadOnlyList<LanguageResult> languages, string title, ScatterOptions options)
    {
        if (!ScatterChart.HasPoints(languages, options)) return;
        markup.Line($"<figure data-read=\"\"><h3>{title}</h3>");
        ScatterChart.Draw(markup, languages, options);
        markup.Line($"<figcaption><span class=\"key p1\"></span>phase 1<span class=\"key p2\"></span>phase 2</figcaption></figure>");
    }
}
