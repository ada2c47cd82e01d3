using System.Runtime.InteropServices;

namespace Glossa.Pipeline.Report;

/// <summary>The machine that ran it.</summary>
/// <param name="Processor">Name of the processor, or its architecture where the system does not tell.</param>
/// <param name="Cores">Processors that this process may use.</param>
/// <param name="OperatingSystem">Name and version of the system.</param>
/// <param name="DotNet">Version of .NET.</param>
/// <param name="OnnxRuntime">Version of ONNX Runtime.</param>
/// <param name="GemmGigaflops">Measured peak of float32 matrix multiplication, in 10^9 floating-point operations a second; null where not measured.</param>
public sealed record MachineInfo(
    string Processor, int Cores, string OperatingSystem, string DotNet, string OnnxRuntime, double? GemmGigaflops = null)
{
    private const string LinuxProcessors = "/proc/cpuinfo";

    /// <summary>Name of this machine's processor, or its architecture where the system does not tell.</summary>
    public static string ProcessorName => DetectProcessor();

    /// <summary>Describes this machine; <paramref name="onnxRuntime"/> is what the runtime says of itself.</summary>
    public static MachineInfo Detect(string onnxRuntime, double? gemmGigaflops = null) => new(
        DetectProcessor(),
        Environment.ProcessorCount,
        RuntimeInformation.OSDescription.Trim(),
        Environment.Version.ToString(),
        onnxRuntime,
        gemmGigaflops);

    /// <summary>The processor's name out of the text of /proc/cpuinfo; null where the text names none (many ARM systems).</summary>
    internal static string? ProcessorOf(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) continue;
            string key = line[..colon].Trim();
            string value = string.Join(' ', line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            if (key is "model name" or "Model" or "Hardware" && value.Length > 0) return value;
        }
        return null;
    }

    private static string DetectProcessor()
    {
        string? name = null;
        try
        {
            if (File.Exists(LinuxProcessors)) name = ProcessorOf(File.ReadLines(LinuxProcessors));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The name is a courtesy: a system that hides it must not fail the run.
        }
        name ??= Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return string.IsNullOrWhiteSpace(name) ? RuntimeInformation.ProcessArchitecture.ToString() : name;
    }
}
