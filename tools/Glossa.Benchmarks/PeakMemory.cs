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

    /// <summary>The most memory, in bytes, that this process had allocated while something ran, mapped files not counted; looked at ten times a second.</summary>
    public static long AllocatedDuring(Action work)
    {
        const string Label = "RssAnon:";
        long most = 0;
        using (Timer timer = new(_ => most = Math.Max(most, Now()), null, 0, 100)) work();
        return Math.Max(most, Now());

        static long Now() => File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal)) is { } line
            ? long.Parse(line[Label.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture) << 10
            : throw new InputException("the system does not say what a process has allocated", fix: "run this benchmark on Linux");
    }

    /// <summary>Runs this program again with other arguments; it has to print its own peak as the last line.</summary>
    public static long OfChild(string[] arguments) => long.Parse(LastLineOfChild(arguments), CultureInfo.InvariantCulture);

    /// <summary>Runs this program again with other arguments; gives the last line that it prints.</summary>
    public static string LastLineOfChild(string[] arguments)
    {
        string[] all = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? [Environment.GetCommandLineArgs()[0], .. arguments] : arguments;
        ProcessStartInfo start = new(Environment.ProcessPath!, all) { RedirectStandardOutput = true };
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        if (child.ExitCode != 0) throw new WorkException($"the measuring process ended with exit code {child.ExitCode}");
        return output.Trim().Split('\n')[^1];
    }
}
