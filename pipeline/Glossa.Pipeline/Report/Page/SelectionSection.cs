namespace Glossa.Pipeline.Report.Page;

/// <summary>Which languages phase 1 trained on, and why.</summary>
internal static class SelectionSection
{
    /// <summary>Writes the section where the report has one.</summary>
    public static void Write(Markup markup, RunReport report)
    {
        if (report.LanguageSelection is not { } selection) return;
        Dictionary<string, LanguageResult> languages = report.Languages.ToDictionary(l => l.Language, StringComparer.Ordinal);
        ILookup<string, NearestRelative> relatives = selection.NearestRelatives.ToLookup(r => r.Relative, StringComparer.Ordinal);
        bool gains = selection.Picks.Any(p => p.Gain is not null);

        markup.Line($"<h2 id=\"choice\">Choice of languages for phase 1</h2>");
        markup.Line($"<p>Method <code>{selection.Method}</code>: {Figures.Count(selection.Picks.Count)} languages, in the order of choice. A language stands beside the pick that is nearest to it.</p>");
        markup.Add($"<div class=\"scroll tall\"><table><thead><tr><th class=\"n\">#</th><th>Language</th><th>Reason</th>");
        if (gains) markup.Add($"<th class=\"n\">Gain</th>");
        markup.Line($"<th class=\"n\">Bits per byte</th><th>Nearest to it</th></tr></thead><tbody>");
        for (int i = 0; i < selection.Picks.Count; i++)
        {
            LanguagePick pick = selection.Picks[i];
            LanguageResult? language = languages.GetValueOrDefault(pick.Language);
            markup.Add($"<tr><td class=\"n\">{i + 1}</td><td><bdi>{language?.DisplayName ?? pick.Language}</bdi> <code>{pick.Language}</code></td><td class=\"w\">{pick.Reason}</td>");
            if (gains) markup.Add($"<td class=\"n\">{(pick.Gain is { } gain ? Figures.Bits(gain) : "–")}</td>");
            markup.Line($"<td class=\"n\">{Figures.Bits(language?.BitsPerByte)}</td><td class=\"w soft\">{Nearest(relatives[pick.Language])}</td></tr>");
        }
        markup.Line($"</tbody></table></div>");
    }

    private static string Nearest(IEnumerable<NearestRelative> relatives)
    {
        const int Shown = 12;
        NearestRelative[] sorted = [.. relatives.OrderByDescending(r => r.Similarity).ThenBy(r => r.Language, StringComparer.Ordinal)];
        string text = string.Join(", ", sorted.Take(Shown).Select(r => r.Language));
        return sorted.Length > Shown ? $"{text} and {Figures.Count(sorted.Length - Shown)} more" : text.Length > 0 ? text : "–";
    }
}
