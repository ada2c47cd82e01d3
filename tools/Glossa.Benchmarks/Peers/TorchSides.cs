using System.Diagnostics;
using System.Globalization;

namespace Glossa.Benchmarks.Peers;

/// <summary>A side that can be started.</summary>
internal sealed record SideStart(string Name, string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    public StepProcess Open() => new(Name, Program, Arguments, Environment);
}

/// <summary>The sides of a comparison, Glossa's first.</summary>
internal static class TorchSides
{
    private const string Project = "tools/Glossa.TorchPeer";

    /// <summary>Builds the peer, which is no part of the solution, and gives its program.</summary>
    public static string Build(BenchmarkArguments arguments)
    {
        string project = Path.GetFullPath(arguments.Text("torch") ?? Project);
        if (File.Exists(project)) return project;
        if (!Directory.Exists(project)) throw new InputException($"the peer's project is not in {project}", fix: "run the benchmark in the repository's root, or give torch=FOLDER");
        using Process build = Process.Start(new ProcessStartInfo("dotnet", ["build", project, "-c", "Release", "-v", "q", "--nologo", "-p:RunAnalyzers=false"]) { RedirectStandardOutput = true })!;
        string output = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0) throw new WorkException($"the peer does not build: {output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)) ?? "no message"}");
        return Path.Combine(project, "bin", "Release", "net10.0", "Glossa.TorchPeer.dll");
    }

    /// <summary>Whether the bfloat16 side takes part: by default where the processor can multiply such numbers.</summary>
    public static bool WithBFloat16(BenchmarkArguments arguments) => arguments.Number("bf16", Machine.HasBFloat16 ? 1 : 0) == 1;

    public static IEnumerable<SideStart> Of(StepCase model, string folder, string peer, BenchmarkArguments arguments)
    {
        int threads = arguments.Number("threads", 2), full = model.Batch, least = arguments.Number("micro", model.Architecture == Architecture.NanoChat ? 8 : 4);
        string? only = arguments.Text("sides");
        string self = typeof(TorchSides).Assembly.Location;
        foreach (int micro in (int[])[least, 2 * least])
        {
            yield return new SideStart($"Glossa, micro-batches of {micro}, {threads} runs of one thread", self,
                ["--filter", "peer", $"serve={folder}", $"micro={micro}", $"workers={threads}"], new Dictionary<string, string>());
        }
        string libraries = Directory.GetParent(folder)!.FullName;
        (string Name, string Attention, int Micro, string Type, bool Forced)[] variants =
        [
            ("TorchSharp, plain attention, full batch", "plain", full, "fp32", false),
            ("TorchSharp, SDPA, full batch", "sdpa", full, "fp32", false),
            ($"TorchSharp, SDPA, micro-batches of {least}", "sdpa", least, "fp32", false),
            ($"TorchSharp, SDPA, micro-batches of {least}, MKL as on Intel", "sdpa", least, "fp32", true),
            ($"TorchSharp bf16 by hand, SDPA, micro-batches of {least}", "sdpa", least, "bf16", false),
        ];
        foreach ((string name, string attention, int micro, string type, bool forced) in variants)
        {
            if ((type == "bf16" && !WithBFloat16(arguments)) || (only is not null && !name.Contains(only, StringComparison.Ordinal))) continue;
            Dictionary<string, string> environment = new()
            {
                ["LD_PRELOAD"] = TorchLibraries.Preload(libraries, forced),
                ["OMP_WAIT_POLICY"] = "PASSIVE",
                ["KMP_BLOCKTIME"] = "0",
                ["OMP_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture),
            };
            yield return new SideStart(name, peer, [folder, attention, micro.ToString(CultureInfo.InvariantCulture), type, threads.ToString(CultureInfo.InvariantCulture)], environment);
        }
    }
}
