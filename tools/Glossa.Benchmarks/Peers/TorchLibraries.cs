using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Glossa.Benchmarks.Peers;

/// <summary>
/// Makes libtorch load. TorchSharp's native part wants the symbol version GLIBCXX_3.4.32, which the C++ library of Debian 12 and Ubuntu 22.04 lacks; of it, it uses one function that
/// does nothing but order initialization. Where the version is missing, a small library stands in: it goes by the C++ library's name, has that function under that version, and is preloaded before the real one.
/// A second library tells MKL that the processor is Intel's, so that it takes the widest instructions there are.
/// </summary>
internal static partial class TorchLibraries
{
    private const string WantedVersion = "GLIBCXX_3.4.32", SystemName = "libstdc++.so.6";

    /// <summary>The libraries to preload.</summary>
    /// <param name="folder">Where they may be made.</param>
    /// <param name="forceMkl">Whether MKL is to dispatch as on Intel's processors.</param>
    /// <exception cref="InputException">Something is missing; the message says what.</exception>
    public static string Preload(string folder, bool forceMkl)
    {
        if (!OperatingSystem.IsLinux()) throw new InputException("the peer benchmark runs on Linux x64 only", fix: "run it there");
        List<string> libraries = [];
        string system = SystemLibrary();
        HashSet<string> versions = [.. VersionName().Matches(Encoding.Latin1.GetString(File.ReadAllBytes(system))).Select(match => match.Value)];
        if (!versions.Contains(WantedVersion)) libraries.AddRange([StandIn(folder, versions), system]);
        if (forceMkl) libraries.Add(Compile(folder, "libforcemkl.so", "int mkl_serv_intel_cpu_true(void) { return 1; }", null, []));
        return string.Join(':', libraries);
    }

    private static string StandIn(string folder, HashSet<string> versions)
    {
        string map = string.Concat(versions.Order(StringComparer.Ordinal).Select(version => $"{version} {{ }};\n")) + $"{WantedVersion} {{ global: _ZSt21ios_base_library_initv; }};\n";
        return Compile(folder, "libstandin.so", "void _ZSt21ios_base_library_initv(void) { }", map, [$"-Wl,-soname,{SystemName}"]);
    }

    private static string SystemLibrary()
    {
        string[] folders = ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib"];
        return folders.Select(folder => Path.Combine(folder, SystemName)).FirstOrDefault(File.Exists)
            ?? throw new InputException($"TorchSharp needs {SystemName}, which is not in {string.Join(", ", folders)}", fix: "install the C++ library of the distribution");
    }

    private static string Compile(string folder, string name, string source, string? versionMap, string[] arguments)
    {
        string library = Path.Combine(folder, name), code = library + ".c";
        File.WriteAllText(code, source);
        List<string> all = ["-shared", "-fPIC", "-O1", "-o", library, code, .. arguments];
        if (versionMap is not null)
        {
            File.WriteAllText(library + ".map", versionMap);
            all.Add($"-Wl,--version-script={library}.map");
        }
        try
        {
            using Process compiler = Process.Start(new ProcessStartInfo("gcc", all) { RedirectStandardError = true })!;
            string errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            if (compiler.ExitCode != 0) throw new WorkException($"gcc does not make {name}: {errors.Split('\n')[0]}");
        }
        catch (Win32Exception e)
        {
            throw new InputException($"TorchSharp needs {WantedVersion} of {SystemName}, which this system lacks, and there is no gcc to make a stand-in", fix: "install gcc, or a system with GCC 13's C++ library", inner: e);
        }
        return library;
    }

    [GeneratedRegex(@"(GLIBCXX|CXXABI)_[0-9]+(\.[0-9]+)*(?=\0)")]
    private static partial Regex VersionName();
}
