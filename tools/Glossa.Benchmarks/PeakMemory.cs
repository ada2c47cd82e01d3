using System.Diagnostics;
using System.Globalization;

namespace Glossa.Benchmarks;

/// <summary>The largest resident memory of a process, in bytes.</summary>
internal static class PeakMemory
{
    public static long OfThisProcess()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>Runs this program again with other arguments; it has to print its own peak as the last line.</summary>
    public static long OfChild(string[] arguments)
    {
        string[] all = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? [Environment.GetCommandLineArgs()[0], .. arguments] : arguments;
        ProcessStartInfo start = new(Environment.ProcessPath!, all) { RedirectStandardOutput = true };
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        if (child.ExitCode != 0) throw new WorkException($"the measuring process ended with exit code {child.ExitCode}");
        return long.Parse(output.Trim().Split('\n')[^1], CultureInfo.InvariantCulture);
    }
}
