namespace Glossa.Pipeline.Report.Page;

/// <summary>The top of the page: the headline beside LZMA2's, and what the run is.</summary>
internal static class HeadlineSection
{
    /// <summary>Writes the section.</summary>
    public static void Write(Markup markup, RunReport report, string title)
    {
        markup.Line($"<header><h1><bdi>{title}</bdi></h1><span class=\"soft\">{Subtitle(report)}</span></header>");
        WriteLinks(markup, report);
        WriteFigures(markup, report);
        Facts.Write(
            markup,
            ("Median language", Figures.Bits(report.BitsPerByte.Median)),
            ("Worst tenth of languages", Figures.Bits(report.BitsPerByte.WorstDecile)),
            ("Control: no phases", report.BitsPerByte.Control is { } control ? Figures.Bits(control) : null),
            ("Parameters", Figures.Count(report.Training.Parameters)),
            ("Model", report.Model?.Preset),
            ("Context", report.Model is { Context: > 0 } model ? $"{Figures.Count(model.Context)} tokens" : null),
            ("Vocabulary", report.Tokenizer is { } tokenizer ? $"{Figures.Count(tokenizer.Vocabulary)} tokens" : null),
            ("Bytes per token, mean", report.Tokenizer is { } t ? Figures.Ratio(t.BytesPerToken.Mean) : null),
            ("Bytes per token, worst", report.Tokenizer is { } worst ? Worst(worst.BytesPerToken) : null),
            ("Corpus", report.Corpus?.Name),
            ("Training text", report.Corpus is { } corpus ? Figures.Size(corpus.TrainBytes) : null),
            ("Seed", Figures.Plain(report.Training.Seed)));
        if (report.Evaluation is { } evaluation)
        {
            markup.Line($"<p class=\"soft\">Bits per byte: per language, the bits of all texts of the {evaluation.Split} split over their UTF-8 bytes; the headline is the unweighted mean over languages. Windows of {Figures.Count(evaluation.Window)} tokens that advance by {Figures.Count(evaluation.Stride)}. LZMA2: what the texts add to the compressed size of the language's training text.</p>");
        }
    }

    private static string Subtitle(RunReport report)
    {
        double seconds = report.Training.Phases.Sum(p => p.Seconds);
        long tokens = report.Training.Phases.Sum(p => p.Tokens);
        return $"Glossa run: {Figures.Count(report.Languages.Count)} languages, {Figures.Short(report.Training.Parameters)} parameters, "
            + $"{Figures.Short(tokens)} tokens in {Figures.Duration(seconds)}";
    }

    private static void WriteLinks(Markup markup, RunReport report)
    {
        markup.Add($"<nav><a href=\"#training\">Training</a>");
        if (report.Languages.Count > 0) markup.Add($"<a href=\"#languages\">Languages</a>");
        if (report.LanguageSelection is not null) markup.Add($"<a href=\"#choice\">Choice of languages</a>");
        if (report.Exports.Count > 0) markup.Add($"<a href=\"#exports\">Exported files</a>");
        markup.Add($"<a href=\"#run\">Stages and machine</a>");
        if (report.Languages.Count > 0) markup.Add($"<a href=\"#table\">Table of languages</a>");
        markup.Line($"</nav>");
    }

    private static void WriteFigures(Markup markup, RunReport report)
    {
        BaselineVerdict? verdict = BaselineVerdict.Of(report);
        markup.Line($"<section class=\"headline\">");
        WriteFigure(markup, Figures.Bits(report.BitsPerByte.Mean), "bits per byte, the model", verdict?.Model < verdict?.Lzma2);
        if (verdict is not null)
        {
            WriteFigure(markup, Figures.Bits(verdict.Lzma2), $"bits per byte, {BaselineVerdict.MethodName}", verdict.Lzma2 < verdict.Model);
            markup.Line($"<div><p class=\"verdict\">{verdict.Sentence}</p>");
            if (verdict.PerLanguage is { } perLanguage) markup.Line($"<p class=\"soft\">{perLanguage}</p>");
            markup.Line($"</div>");
        }
        markup.Line($"</section>");
    }

    private static void WriteFigure(Markup markup, string figure, string name, bool lower)
    {
        string style = lower ? "figure lower" : "figure";
        markup.Line($"<div class=\"{style}\"><b>{figure}</b><span>{name}</span></div>");
    }

    private static string Worst(BytesPerToken bytes)
    {
        string figure = Figures.Ratio(bytes.Worst);
        return bytes.WorstLanguage is null ? figure : $"{figure} ({bytes.WorstLanguage})";
    }
}
