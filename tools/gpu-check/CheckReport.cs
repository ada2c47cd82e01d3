using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Glossa.GpuCheck;

/// <summary>All results, for programs and for people.</summary>
/// <param name="Device">What they were measured on.</param>
/// <param name="Runtime">Version of ONNX Runtime.</param>
/// <param name="Results">The lines.</param>
/// <param name="NotRun">What the time was too short for.</param>
internal sealed record CheckReport(string Device, string Runtime, IReadOnlyList<CheckResult> Results, IReadOnlyList<string> NotRun)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Whether all that was run is as it should be.</summary>
    public bool Passed => Results.All(result => result.Passed);

    /// <summary>Writes <c>gpu-check.json</c> and <c>gpu-check.md</c>.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.WriteBytes(Path.Combine(folder, "gpu-check.json"), JsonSerializer.SerializeToUtf8Bytes(this, Json));
        AtomicFile.WriteText(Path.Combine(folder, "gpu-check.md"), Markdown());
    }

    /// <summary>Two tables: what was compared, what was timed.</summary>
    public string Markdown()
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"Device {Device}, ONNX Runtime {Runtime}.").AppendLine();
        text.AppendLine("| model | compared with the CPU | products | recorded | distance | allowed | |").AppendLine("|---|---|---|---|---|---|---|");
        foreach (CheckResult r in Results.Where(r => r.Allowed is not null))
            text.AppendLine(CultureInfo.InvariantCulture, $"| {r.Case} | {r.What} | {r.Precision} | {Word(r.Recorded)} | {r.Distance:0.0e+0} | {r.Allowed:0.0e+0} | {Verdict(r)} |");
        text.AppendLine().AppendLine("| model | timed | products | recorded | ms a step, median | least | tokens a second | MiB | |").AppendLine("|---|---|---|---|---|---|---|---|---|");
        foreach (CheckResult r in Results.Where(r => r.Allowed is null))
            text.AppendLine(CultureInfo.InvariantCulture, $"| {r.Case} | {r.What} | {r.Precision} | {Word(r.Recorded)} | {r.Milliseconds:F2} | {r.LeastMilliseconds:F2} | {r.TokensPerSecond:F0} | {r.MemoryMiB:F0} | {r.Note} |");
        if (NotRun.Count > 0) text.AppendLine().AppendLine("Not run for want of time: " + string.Join("; ", NotRun) + ".");
        return text.ToString();
    }

    private static string Word(bool yes) => yes ? "yes" : "no";

    private static string Verdict(CheckResult result) => result.Passed ? "holds" : "FAILS" + (result.Note is null ? "" : ": " + result.Note);
}
