using System.Reflection;
using System.Runtime.InteropServices;

namespace Glossa.Data.Baselines;

/// <summary>
/// The single-call raw LZMA2 encoder of liblzma (XZ Utils), which comes with the program for the usual platforms; on others
/// the system's own is taken. Safe for several threads at once: each call has its own encoder.
/// </summary>
internal static unsafe class NativeLzma
{
    /// <summary>The dictionary of preset 9 in bytes.</summary>
    public const int PresetDictionaryBytes = 1 << 26;

    /// <summary>The smallest dictionary that the encoder takes, in bytes.</summary>
    public const int LeastDictionaryBytes = 1 << 12;

    private const uint PresetNineExtreme = 9u | 0x8000_0000u;
    private const ulong FilterLzma2 = 0x21;
    private const ulong FilterListEnd = ulong.MaxValue;
    private const int Ok = 0;
    private const int MemoryError = 5;

    // lzma_options_lzma takes 112 bytes on 64-bit platforms; the preset fills it in.
    private const int OptionsBytes = 256;

    private static readonly Lazy<Exports> Library = new(Load);

    /// <summary>Compresses with preset 9 extreme.</summary>
    /// <param name="input">The bytes to compress.</param>
    /// <param name="output">Room for the compressed bytes: see <see cref="Bound"/>.</param>
    /// <param name="dictionaryBytes">Size of the dictionary in bytes, at least <see cref="LeastDictionaryBytes"/>.</param>
    /// <returns>Length of the raw LZMA2 stream, end marker included.</returns>
    /// <exception cref="WorkException">liblzma is missing or short of memory.</exception>
    public static int Encode(ReadOnlySpan<byte> input, Span<byte> output, int dictionaryBytes)
    {
        Exports library = Library.Value;
        byte* options = stackalloc byte[OptionsBytes];
        new Span<byte>(options, OptionsBytes).Clear();
        if (library.Preset(options, PresetNineExtreme) != 0)
            throw new InvalidOperationException("liblzma does not know preset 9 extreme");
        *(uint*)options = (uint)dictionaryBytes;

        Filter* filters = stackalloc Filter[2];
        filters[0] = new Filter { Id = FilterLzma2, Options = options };
        filters[1] = new Filter { Id = FilterListEnd };
        nuint length = 0;
        int status;
        fixed (byte* source = input, target = output)
        {
            // An empty span pins as null, which the library refuses even for no bytes.
            byte nothing = 0;
            status = library.Encode(filters, null, source is null ? &nothing : source, (nuint)input.Length, target, &length, (nuint)output.Length);
        }
        return status switch
        {
            Ok => (int)length,
            MemoryError => throw new WorkException("there is not enough memory for the LZMA2 baseline",
                fix: $"free some (about {11L * dictionaryBytes >> 20:N0} MiB per thread), or turn the baseline off (evaluation.baseline: false)"),
            _ => throw new InvalidOperationException($"liblzma's encoder failed with status {status}"),
        };
    }

    /// <summary>The most bytes that <paramref name="length"/> input bytes can come out as: stored chunks have 3 bytes of header.</summary>
    public static int Bound(int length) => checked(length + (length >> 10) + 64);

    private static Exports Load()
    {
        foreach (string candidate in Candidates())
        {
            if (!NativeLibrary.TryLoad(candidate, out nint handle)) continue;
            if (NativeLibrary.TryGetExport(handle, "lzma_lzma_preset", out nint preset)
                && NativeLibrary.TryGetExport(handle, "lzma_raw_buffer_encode", out nint encode))
                return new Exports(preset, encode);
        }
        throw new WorkException($"cannot load liblzma, which makes the LZMA2 baseline, on {RuntimeInformation.RuntimeIdentifier}",
            fix: "install XZ Utils, or turn the baseline off (evaluation.baseline: false)");
    }

    private static IEnumerable<string> Candidates()
    {
        (string os, string file) = OperatingSystem.IsWindows() ? ("win", "liblzma.dll")
            : OperatingSystem.IsMacOS() ? ("osx", "liblzma.dylib") : ("linux", "liblzma.so");
#pragma warning disable CA1308 // Runtime identifiers are lower case.
        string platform = $"{os}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
#pragma warning restore CA1308
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", platform, "native", file);
        yield return OperatingSystem.IsLinux() ? "liblzma.so.5" : file;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Filter
    {
        public ulong Id;
        public void* Options;
    }

    /// <summary>The two functions that are used.</summary>
    private sealed class Exports(nint preset, nint encode)
    {
        public byte Preset(byte* options, uint level) => ((delegate* unmanaged[Cdecl]<void*, uint, byte>)preset)(options, level);

        public int Encode(Filter* filters, void* allocator, byte* input, nuint inputLength, byte* output, nuint* position, nuint outputLength) =>
            ((delegate* unmanaged[Cdecl]<Filter*, void*, byte*, nuint, byte*, nuint*, nuint, int>)encode)(
                filters, allocator, input, inputLength, output, position, outputLength);
    }
}
