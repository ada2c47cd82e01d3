using System.Diagnostics;

namespace Glossa.KillTest;

/// <summary>What became of one start of the command.</summary>
/// <param name="ExitCode">Its exit code; 137 where it was killed.</param>
/// <param name="Killed">Whether it was killed; false where it ended before the moment came.</param>
/// <param name="Place">Where the kill hit: a stage at work, or what it came after.</param>
/// <param name="Seconds">Seconds of each place that was gone through.</param>
/// <param name="Lines">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record ProcessOutcome(
    int ExitCode, bool Killed, string Place, IReadOnlyDictionary<string, double> Seconds, IReadOnlyList<string> Lines, string Error);

/// <summary>The real command in a process of its own, which follows it by its progress lines and may kill it.</summary>
internal sealed class GlossaProcess
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Dictionary<string, double> _seconds = [];
    private readonly TaskCompletionSource _armed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly KillMoment? _moment;
    private string _place = KillPlan.StartUp;
    private long _since = Stopwatch.GetTimestamp();

    private GlossaProcess(KillMoment? moment) => _moment = moment;

    /// <summary>Runs the command, and kills it at a moment where one is given.</summary>
    /// <param name="arguments">What follows <c>glossa</c>.</param>
    /// <param name="moment">The place to kill at; in a later place where this one is already done.</param>
    /// <param name="delay">Time between the start of the place and the kill.</param>
    public static ProcessOutcome Run(IEnumerable<string> arguments, KillMoment? moment = null, TimeSpan delay = default) => new GlossaProcess(moment).Start(arguments, delay);

    private ProcessOutcome Start(IEnumerable<string> arguments, TimeSpan delay)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "glossa.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = new() { StartInfo = start };
        process.OutputDataReceived += (_, e) => Follow(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        if (_moment?.Stage == KillPlan.StartUp) _armed.TrySetResult();
        Task<string> error = process.StandardError.ReadToEndAsync();
        bool killed = _moment is not null && KillAfter(process, delay);
        string place;
        lock (_lock) place = _place;
        process.WaitForExit();
        return new ProcessOutcome(process.ExitCode, killed && process.ExitCode != 0, place, _seconds, _lines, error.GetAwaiter().GetResult());
    }

    private bool KillAfter(Process process, TimeSpan delay)
    {
        Task end = process.WaitForExitAsync();
        if (Task.WaitAny(_armed.Task, end) == 1 || process.WaitForExit(delay)) return false;
        // SIGKILL: no handler of the process runs.
        process.Kill();
        return true;
    }

    private void Follow(string? line)
    {
        if (line is null) return;
        lock (_lock)
        {
            _lines.Add(line);
            string stage = line.Split(':')[0];
            bool started = line == stage + ": started", ended = line.StartsWith(stage + ": done in", StringComparison.Ordinal);
            if (!started && !ended) return;
            _seconds[_place] = Stopwatch.GetElapsedTime(_since).TotalSeconds;
            (_place, _since) = (started ? stage : "after " + stage, Stopwatch.GetTimestamp());
            if (started && _moment is not null && KillPlan.Order(stage) >= KillPlan.Order(_moment.Stage)) _armed.TrySetResult();
        }
    }
}
