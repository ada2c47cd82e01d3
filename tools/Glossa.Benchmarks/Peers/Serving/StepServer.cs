using System.Diagnostics;
using System.Globalization;
using Glossa.Training.Safetensors;

namespace Glossa.Benchmarks.Peers;

/// <summary>One side's model, its batch and its optimizer.</summary>
internal interface ISteppedModel : IDisposable
{
    /// <summary>Loss and gradients of the whole batch.</summary>
    double Gradients();

    /// <summary>AdamW with the last gradients.</summary>
    void Update();

    /// <summary>The last gradients, under the names and in the shapes of the stored weights.</summary>
    IReadOnlyList<SafetensorsTensor> LastGradients();
}

/// <summary>
/// Takes steps when asked to, line by line: <c>step</c> answers milliseconds, those of them before the optimizer, processor milliseconds and the loss; <c>gradients FILE</c> writes a
/// step's gradients and leaves the weights; <c>peak</c> answers the process's largest resident memory in bytes; <c>quit</c> ends.
/// </summary>
internal static class StepServer
{
    public static void Serve(Func<ISteppedModel> open)
    {
        using ISteppedModel model = open();
        using Process self = Process.GetCurrentProcess();
        Answer("ready");
        while (Console.ReadLine() is { } line && line != "quit")
        {
            switch (line.Split(' ', 2))
            {
                case ["step"]:
                    Answer(Step(model, self));
                    break;
                case ["gradients", var file]:
                    double loss = model.Gradients();
                    SafetensorsWriter.WriteFile(file, model.LastGradients());
                    Answer(loss.ToString("R", CultureInfo.InvariantCulture));
                    break;
                case ["peak"]:
                    self.Refresh();
                    Answer(self.PeakWorkingSet64.ToString(CultureInfo.InvariantCulture));
                    break;
                default:
                    throw new InvalidOperationException($"no such request: {line}");
            }
        }
    }

    private static string Step(ISteppedModel model, Process self)
    {
        self.Refresh();
        TimeSpan processor = self.TotalProcessorTime;
        long began = Stopwatch.GetTimestamp();
        double loss = model.Gradients();
        double gradients = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        model.Update();
        double all = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        self.Refresh();
        return string.Join(' ', new[] { all, gradients, (self.TotalProcessorTime - processor).TotalMilliseconds, loss }.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
    }

    private static void Answer(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }
}
