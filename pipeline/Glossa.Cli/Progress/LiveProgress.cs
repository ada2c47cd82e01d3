using Glossa.Pipeline.Progress;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Glossa.Cli.Progress;

/// <summary>Progress as bars that move, one a stage, with notes scrolling above.</summary>
internal sealed class LiveProgress : IProgressReporter
{
    private readonly ProgressContext _context;
    private readonly Lock _lock = new();
    private ProgressTask? _task;
    private ProgressEstimate _estimate = new(TimeProvider.System);

    private LiveProgress(ProgressContext context) => _context = context;

    /// <summary>Does the work while the bars are shown.</summary>
    public static T During<T>(Func<IProgressReporter, T> work) => AnsiConsole.Progress()
        .AutoClear(false)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new FiguresColumn())
        .Start(context => work(new LiveProgress(context)));

    /// <inheritdoc/>
    public void StageStarted(string stage)
    {
        lock (_lock)
        {
            _estimate = new ProgressEstimate(TimeProvider.System);
            _task = _context.AddTask(Markup.Escape(stage));
            _task.IsIndeterminate = true;
        }
    }

    /// <inheritdoc/>
    public void Report(in ProgressUpdate update)
    {
        lock (_lock)
        {
            if (_task is null) return;
            _estimate.Add(update);
            _task.IsIndeterminate = update.Total <= 0;
            if (update.Total > 0)
            {
                _task.MaxValue = update.Total;
                _task.Value = update.Done;
            }
            Figures figures = new(ProgressText.Of(_estimate));
            _task.State.Update<Figures>(FiguresColumn.Key, _ => figures);
        }
    }

    /// <inheritdoc/>
    public void Note(string message) => AnsiConsole.MarkupLine("[grey]" + Markup.Escape(message) + "[/]");

    /// <inheritdoc/>
    public void StageFinished(string stage, double seconds, bool cached)
    {
        string time = ProgressText.Duration(TimeSpan.FromSeconds(seconds));
        lock (_lock)
        {
            ProgressTask task = cached || _task is null ? _context.AddTask(Markup.Escape(stage)) : _task;
            task.IsIndeterminate = false;
            task.Value = task.MaxValue;
            task.State.Update<Figures>(FiguresColumn.Key, _ => new Figures(cached ? $"reused (took {time})" : $"done in {time}"));
            task.StopTask();
            _task = null;
        }
    }

    // Spectre keeps value types only beside a bar.
    private readonly record struct Figures(string? Text);

    private sealed class FiguresColumn : ProgressColumn
    {
        public const string Key = "figures";

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.State.Get<Figures>(Key).Text ?? "");
    }
}
