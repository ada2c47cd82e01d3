using System.Diagnostics;
using System.Globalization;

namespace Glossa.Benchmarks.Peers;

/// <summary>What a step took.</summary>
internal readonly record struct StepTime(double Milliseconds, double GradientMilliseconds, double ProcessorMilliseconds, double Loss);

/// <summary>A side in a process of its own, so that its memory and processor time are its alone; see <see cref="StepServer"/>.</summary>
internal sealed class StepProcess : IDisposable
{
    private readonly Process _process;

    public StepProcess(string name, string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        Name = name;
        ProcessStartInfo start = new("dotnet", [program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string key, string value) in environment) start.Environment[key] = value;
        _process = Process.Start(start)!;
        Expect("ready");
    }

    public string Name { get; }

    public List<StepTime> Times { get; } = [];

    /// <summary>Takes a step; its time is kept where it counts.</summary>
    public StepTime Step(bool counts)
    {
        double[] numbers = [.. Ask("step").Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        StepTime time = new(numbers[0], numbers[1], numbers[2], numbers[3]);
        if (counts) Times.Add(time);
        return time;
    }

    /// <summary>The loss at the present weights, whose gradients it writes into the file.</summary>
    public double Gradients(string file) => double.Parse(Ask("gradients " + file), CultureInfo.InvariantCulture);

    public long PeakMemory() => long.Parse(Ask("peak"), CultureInfo.InvariantCulture);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(10_000)) _process.Kill();
        }
        _process.Dispose();
    }

    private string Ask(string request)
    {
        _process.StandardInput.WriteLine(request);
        _process.StandardInput.Flush();
        return Answer();
    }

    private void Expect(string answer)
    {
        string line = Answer();
        if (line != answer) throw new WorkException($"the process of {Name} answered '{line}' instead of '{answer}'");
    }

    private string Answer() => _process.StandardOutput.ReadLine() ?? throw Ended();

    private WorkException Ended()
    {
        string why = _process.StandardError.ReadToEnd().Split('\n').FirstOrDefault(line => line.Length > 0) ?? "no message";
        return new WorkException($"the process of {Name} ended: {why}");
    }
}
