namespace Glossa.Pipeline.Report.Card;

/// <summary>README.md of a run folder: what the model is, how good, how made, how to use it, and its limits.</summary>
internal static class ModelCard
{
    private const int Extremes = 5;

    /// <summary>The whole card; the same report gives the same text.</summary>
    public static string Render(RunReport report)
    {
        Markdown card = new();
        WriteFrontMatter(card, report);
        WriteTitle(card, report);
        WriteQuality(card, report);
        WriteTraining(card, report);
        WriteFiles(card, report);
        CardUsage.Write(card, report);
        WriteLimits(card, report);
        WriteLanguages(card, report);
        WriteLicence(card, report);
        return card.ToString();
    }

    private static void WriteFrontMatter(Markdown card, RunReport report)
    {
        card.Line($"---");
        card.Line($"library_name: transformers.js");
        card.Line($"pipeline_tag: {(CardUsage.IsMasked(report) ? "fill-mask" : "text-generation")}");
        card.Line($"license: other");
        // Tags are quoted: a bare `no` (Norwegian) is a boolean in YAML.
        if (report.Languages.Count > 0) card.FrontMatterList("language", report.Languages.Select(l => l.Language).Order(StringComparer.Ordinal));
        card.Line($"---").Line();
    }

    private static void WriteTitle(Markdown card, RunReport report)
    {
        string kind = CardUsage.IsMasked(report) ? "masked" : "causal";
        card.Line($"# {(report.Config.Length > 0 ? report.Config : "Glossa model")}").Line();
        card.Line($"A {kind} language model of {Figures.Count(report.Training.Parameters)} parameters for {Figures.Count(report.Languages.Count)} languages, trained and exported to ONNX by Glossa.");
        if (report.Corpus is { } corpus)
            card.Line($"Its text: {corpus.Name}, {Figures.Count(corpus.Texts)} texts, {Figures.Size(corpus.TrainBytes)} of them to train on.");
        card.Line();
    }

    private static void WriteQuality(Markdown card, RunReport report)
    {
        card.Line($"## Quality").Line();
        if (BaselineVerdict.Of(report) is { } verdict)
        {
            card.Line($"**{verdict.Sentence}**{(verdict.PerLanguage is { } perLanguage ? " " + perLanguage : "")}");
            card.Line();
        }
        card.Line($"| bits per byte, lower is better | mean over languages | median | worst tenth |");
        card.Line($"|---|---:|---:|---:|");
        WriteSummary(card, "this model", report.BitsPerByte);
        if (report.Lzma2 is { } lzma2) WriteSummary(card, BaselineVerdict.MethodName + ", no model", lzma2);
        if (report.BitsPerByte.Control is { } control) card.Line($"| control: the same budget, no phases | {Figures.Bits(control)} | | |");
        card.Line();
        if (report.Evaluation is { } evaluation)
            card.Line($"Measured on the {evaluation.Split} split, each language counting the same, in windows of {Figures.Count(evaluation.Window)} tokens that advance by {Figures.Count(evaluation.Stride)}.").Line();
        WriteExtremes(card, report.Languages);
        card.Line($"All figures stand in `report.json`; `report.html` shows them.").Line();
    }

    private static void WriteSummary(Markdown card, string name, BitsPerByteSummary summary) =>
        card.Line($"| {name} | {Figures.Bits(summary.Mean)} | {Figures.Bits(summary.Median)} | {Figures.Bits(summary.WorstDecile)} |");

    private static void WriteExtremes(Markdown card, IReadOnlyList<LanguageResult> languages)
    {
        if (languages.Count < 2 * Extremes) return;
        LanguageResult[] sorted = [.. languages.OrderBy(l => l.BitsPerByte).ThenBy(l => l.Language, StringComparer.Ordinal)];
        card.Line($"Best: {Named(sorted.Take(Extremes))}. Worst: {Named(sorted.Reverse().Take(Extremes))}.").Line();
    }

    // Names hold commas ("Altai, Southern"), so lists of them are parted by semicolons.
    private static string Named(IEnumerable<LanguageResult> languages) =>
        string.Join("; ", languages.Select(l => $"{l.DisplayName} {Figures.Bits(l.BitsPerByte)}"));

    private static void WriteTraining(Markdown card, RunReport report)
    {
        IReadOnlyList<PhaseSummary> phases = report.Training.Phases;
        card.Line($"## How it was trained").Line();
        string plan = phases.Count == 2
            ? "In two phases: first on a small and diverse set of languages, then on all of them."
            : "The phases of training, in order.";
        card.Line($"{plan}");
        card.Line();
        card.Line($"| phase | languages | unique text | tokens | steps | time |");
        card.Line($"|---|---:|---:|---:|---:|---:|");
        foreach (PhaseSummary phase in phases)
            card.Line($"| {phase.Name} | {Figures.Count(phase.Languages)} | {Figures.Size(phase.UniqueBytes)} | {Figures.Count(phase.Tokens)} | {Figures.Count(phase.Steps)} | {Figures.Duration(phase.Seconds)} |");
        card.Line();
        if (report.Training.Teachers is { } teachers) card.Line($"{teachers.Sentence}").Line();
        if (report.LanguageSelection is { Picks.Count: > 0 } selection)
            card.Line($"Phase 1 was chosen by the method {selection.Method}: {string.Join(", ", selection.Picks.Select(p => p.Language))}.").Line();
        string machine = report.Machine is { } m ? $"{m.Processor} ({Figures.Count(m.Cores)} cores), .NET {m.DotNet}, ONNX Runtime {m.OnnxRuntime}" : "not recorded";
        card.Line($"Seed {Figures.Plain(report.Training.Seed)}. Machine: {machine}.").Line();
    }

    private static void WriteFiles(Markdown card, RunReport report)
    {
        if (report.Exports.Count == 0) return;
        card.Line($"## Files").Line();
        card.Line($"| file | precision | size | bits per byte | change | time per sentence |");
        card.Line($"|---|---|---:|---:|---:|---:|");
        foreach (ExportedFile file in report.Exports)
            card.Line($"| {file.File} | {file.Precision} | {Figures.Size(file.Bytes)} | {Figures.Bits(file.BitsPerByte)} | {Figures.Change(file.RelativeChange, "0.00")} | {Figures.Milliseconds(file.MillisecondsPerSentence)} |");
        card.Line();
        card.Line($"Change is against fp32; positive is worse. `model/` is laid out as Hugging Face's libraries expect it: config.json, tokenizer.json, onnx/.").Line();
    }

    private static void WriteLimits(Markdown card, RunReport report)
    {
        card.Line($"## Limits").Line();
        card.Line($"- A small model trained on little text: it continues text in the manner of its corpus. It holds no knowledge to rely on and follows no instructions.");
        card.Line($"- The figures come from one corpus. On text of another kind expect worse ones; measure with `glossa evaluate` on text of your own.");
        if (report.BitsPerByte.WorstDecile > 0)
            card.Line($"- Languages differ: the worst tenth stands at {Figures.Bits(report.BitsPerByte.WorstDecile)} bits per byte, the mean at {Figures.Bits(report.BitsPerByte.Mean)}.");
        if (report.Model is { Context: > 0 } model) card.Line($"- A sequence holds at most {Figures.Count(model.Context)} tokens.");
        card.Line($"- It can repeat what stands in its training text, word for word.").Line();
    }

    private static void WriteLanguages(Markdown card, RunReport report)
    {
        if (report.Languages.Count == 0) return;
        card.Line($"## Languages").Line();
        IEnumerable<string> names = report.Languages.OrderBy(l => l.Language, StringComparer.Ordinal).Select(l => $"{l.DisplayName} ({l.Language})");
        card.Line($"{string.Join("; ", names)}.").Line();
    }

    private static void WriteLicence(Markdown card, RunReport report)
    {
        card.Line($"## Licence").Line();
        card.Line($"Before you publish the model, state the licence of the weights here.");
        card.Line($"The text it was trained on: {(report.Corpus?.Licence is { } licence ? licence : "its corpus states no licence; check that you may train on it")}.");
    }
}
