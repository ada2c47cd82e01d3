using Glossa.Pipeline.Progress;

namespace Glossa.Pipeline.Tests.Study;

/// <summary>Stops the work after so many steps of training, or of another stage, and keeps the notes.</summary>
internal sealed class StopAfterSteps(CancellationTokenSource? source, int steps, List<string>? notes = null, string during = "train", string detail = "") : IProgressReporter
{
    private int _steps;
    private string _stage = "";

    public void StageStarted(string stage) => _stage = stage;

    public void Report(in ProgressUpdate update)
    {
        if (_stage == during && (update.Detail ?? "").Contains(detail, StringComparison.Ordinal) && ++_steps == steps) source?.Cancel();
    }

    public void Note(string message) => notes?.Add(message);

    public void StageFinished(string stage, double seconds, bool cached)
    {
    }
}
