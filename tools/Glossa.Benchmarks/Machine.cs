using System.Runtime.Intrinsics.X86;

namespace Glossa.Benchmarks;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    // Leaf 7, subleaf 1: EAX bit 5. The runtime has no class for these instructions.
    private const int BFloat16Bit = 1 << 5;

    /// <summary>Whether the processor multiplies bfloat16 (AVX512_BF16); others emulate it, many times slower.</summary>
    public static bool HasBFloat16 => Avx512F.IsSupported && (X86Base.CpuId(7, 1).Eax & BFloat16Bit) != 0;

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
