using System.Runtime.Intrinsics.X86;

namespace Glossa.Benchmarks;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    /// <summary>The processor's name, its cores and its widest vectors.</summary>
    public static string Description
    {
        get
        {
            string name = File.Exists("/proc/cpuinfo")
                ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown processor"
                : System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
            string vectors = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2, no AVX-512" : "no AVX2";
            return $"{name} ({Environment.ProcessorCount} cores, {vectors})";
        }
    }
}
