using Glossa.Pipeline.Progress;

namespace Glossa.Cli.Progress;

/// <summary>Chooses how progress is shown: live in a terminal, plain lines in a log, not at all where nobody looks.</summary>
internal static class ProgressDisplay
{
    /// <summary>Does the work with a reporter.</summary>
    public static T During<T>(bool silent, TextWriter output, Func<IProgressReporter, T> work)
    {
        if (silent) return work(SilentProgress.Instance);
        bool terminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
        return terminal ? LiveProgress.During(work) : work(new PlainProgress(output, TimeProvider.System));
    }
}
