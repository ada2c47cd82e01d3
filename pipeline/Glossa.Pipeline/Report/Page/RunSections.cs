namespace Glossa.Pipeline.Report.Page;

/// <summary>Exported files, stages and the machine.</summary>
internal static class RunSections
{
    /// <summary>Writes the table of exported files.</summary>
    public static void WriteExports(Markup markup, RunReport report)
    {
        if (report.Exports.Count == 0) return;
        markup.Line($"<h2 id=\"exports\">Exported files</h2>");
        markup.Line($"<p class=\"soft\">Each file was opened again by ONNX Runtime and scored on the same text. The change is against fp32; positive is worse.</p>");
        markup.Line($"<div class=\"scroll\"><table><thead><tr><th>Precision</th><th>File</th><th class=\"n\">Size</th><th class=\"n\">Bits per byte</th><th class=\"n\">Change</th><th class=\"n\">Time per sentence</th><th class=\"n\">32 x 128 tokens</th><th class=\"n\">Tokens per second</th><th class=\"n\">Load</th></tr></thead><tbody>");
        foreach (ExportedFile file in report.Exports)
        {
            markup.Line($"<tr><td>{file.Precision}</td><td><code>{file.File}</code></td><td class=\"n\">{Figures.Size(file.Bytes)}</td><td class=\"n\">{Figures.Bits(file.BitsPerByte)}</td><td class=\"n\">{Figures.Change(file.RelativeChange, "0.00")}</td><td class=\"n\">{Figures.Milliseconds(file.MillisecondsPerSentence)}</td><td class=\"n\">{Milliseconds(file.Speed?.MillisecondsPerBatch)}</td><td class=\"n\">{(file.Speed?.TokensPerSecond is { } tokens ? Figures.Count(tokens) : "–")}</td><td class=\"n\">{Milliseconds(file.Speed?.LoadMilliseconds)}</td></tr>");
        }
        markup.Line($"</tbody></table></div>");
    }

    private static string Milliseconds(double? value) => value is { } figure ? Figures.Milliseconds(figure) : "–";

    /// <summary>Writes the stages' times and the machine.</summary>
    public static void WriteStages(Markup markup, RunReport report)
    {
        markup.Line($"<h2 id=\"run\">Stages and machine</h2>");
        double longest = report.Stages.Count > 0 ? Math.Max(1e-9, report.Stages.Max(s => s.Seconds)) : 1;
        if (report.Stages.Count > 0)
        {
            markup.Line($"<div class=\"scroll\"><table><thead><tr><th>Stage</th><th class=\"n\">Time</th><th>Share of the longest</th><th>This run</th></tr></thead><tbody>");
            foreach (StageTiming stage in report.Stages)
            {
                string style = stage.Cached ? "meter old" : "meter";
                markup.Line($"<tr><td><bdi>{stage.Name}</bdi></td><td class=\"n\">{Figures.Duration(stage.Seconds)}</td><td><span class=\"{style}\" style=\"width:{stage.Seconds / longest * 420}px\"></span></td><td>{(stage.Cached ? "reused" : "ran")}</td></tr>");
            }
            markup.Line($"</tbody></table></div>");
        }
        if (report.Machine is not { } machine) return;
        Facts.Write(
            markup,
            ("Processor", machine.Processor),
            ("Cores", Figures.Count(machine.Cores)),
            ("Matrix multiplication, measured peak", machine.GemmGigaflops is { } peak ? $"{Figures.Count(peak)} GFLOP/s" : null),
            ("System", machine.OperatingSystem),
            (".NET", machine.DotNet),
            ("ONNX Runtime", machine.OnnxRuntime));
    }
}
