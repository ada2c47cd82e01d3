using System.Collections.Concurrent;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Study.Cells;
using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;

namespace Glossa.Pipeline.Study;

/// <summary>
/// Runs the cells of a study that are not finished. It may be stopped or killed at any moment, and several may be at
/// work on one study: every cell is run by one of them, and none loses a result.
/// </summary>
public sealed class StudyRunner
{
    private readonly StudyPlan _plan;
    private readonly StudyOptions _options;
    private readonly StudyFolder _folder;
    private readonly ResultsFile _results;
    private readonly Dictionary<StudyCell, IReadOnlyDictionary<string, string>> _settings = [];
    private readonly ConcurrentDictionary<string, string> _failed = new();
    private int _ran;

    /// <summary>A study in an output folder.</summary>
    /// <exception cref="InputException">No cell has a name of the pattern, or an input file cannot be read.</exception>
    public StudyRunner(StudyPlan plan, StudyOptions options)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(options);
        (_plan, _options) = (plan, options);
        Cells = [.. plan.Cells.Where(cell => options.Cells is null || NamePattern.Matches(options.Cells, cell.Name))];
        if (Cells.Count == 0)
            throw new InputException($"no cell is called '{options.Cells}'", "--cells", NearestName.Advice(options.Cells!, [.. plan.Cells.Select(cell => cell.Name)]));
        _folder = new StudyFolder(Path.GetFullPath(options.Folder));
        _results = new ResultsFile(_folder.Results(plan), _folder.ResultsLock);
        IReadOnlyList<IStage> stages = CellStages.Measured(plan.ScoredBytesPerLanguage);
        InputHashes hashes = new(_folder.InputHashes);
        foreach (StudyCell cell in Cells) _settings[cell] = CellSettings.Of(cell.Config, stages, hashes.Of);
    }

    /// <summary>The cells that are asked for, in the order of work.</summary>
    public IReadOnlyList<StudyCell> Cells { get; }

    /// <summary>Where a cell stands: null where it is finished, else why it has to be run.</summary>
    public string? Pending(StudyCell cell) => Pending(cell, _results.Cells());

    /// <summary>Makes a finished cell anew from nothing, with as many threads as it had, and says whether every number is the same.</summary>
    /// <param name="name">The cell's name.</param>
    /// <param name="cancellation">Stops the work; the same call resumes it.</param>
    /// <exception cref="InputException">There is no such cell, it is not finished, or its settings have changed.</exception>
    public CellRerun Rerun(string name, CancellationToken cancellation = default)
    {
        StudyCell cell = Cells.FirstOrDefault(cell => cell.Name == name)
            ?? throw new InputException($"no cell is called '{name}'", "--rerun", NearestName.Advice(name, [.. Cells.Select(cell => cell.Name)]));
        if (Pending(cell) is string why) throw new InputException($"the cell '{name}' is not finished: {why}", "--rerun", "run the study first");
        CellResult first = _results.Cells().Single(result => result.Name == name);
        RunConfig config = cell.Config with { Engine = cell.Config.Engine with { Threads = first.Made.Threads } };
        string folder = _folder.Rerun(cell);
        CellRun run = new(cell with { Config = config, Keep = false }, _settings[cell], _plan.ScoredBytesPerLanguage);
        CellResult second = run.Run(folder, Path.Combine(folder, ".store"), _folder.SharedLock, _options.Progress(name), cancellation);
        CellRerun rerun = CellComparison.Of(first, second);
        _results.Add(_plan, first with { Rerun = rerun });
        DurableFolder.Delete(folder);
        return rerun;
    }

    /// <summary>Runs what is not finished.</summary>
    /// <exception cref="InputException">The results are damaged or another study's.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped; the same call resumes it.</exception>
    public StudyOutcome Run(CancellationToken cancellation = default)
    {
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (_options.Limit is TimeSpan limit) limited.CancelAfter(limit);
        _results.Describe(_plan, Marked, cancellation);
        bool outOfTime = false;
        try
        {
            if (_plan.Base.Evaluation.Baseline) BaselineRun.Ensure(_plan, _folder, _results, _options.Progress("baseline"), limited.Token);
            // Each at its own pace on a thread of its own: training blocks its thread for minutes.
            Task[] workers = [.. Enumerable.Range(0, _options.Processes).Select(_ => Task.Factory.StartNew(
                () => Work(limited.Token), limited.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            Task.WhenAll(workers).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            outOfTime = true;
        }
        IReadOnlyList<CellResult> finished = _results.Cells();
        return new StudyOutcome(_folder.Results(_plan), Cells.Count, Cells.Count(cell => Pending(cell, finished) is null), _ran, _failed.ToDictionary(), outOfTime);
    }

    // Cells that others have in hand are passed over, and looked at again as long as there is something to do.
    private void Work(CancellationToken cancellation)
    {
        int before;
        do
        {
            before = _ran;
            foreach (StudyCell cell in Cells)
            {
                cancellation.ThrowIfCancellationRequested();
                if (_failed.ContainsKey(cell.Name) || Pending(cell) is null) continue;
                using FileLock? claim = FileLock.TryTake(_folder.KeyLock(CellSettings.Key(_settings[cell])));
                if (claim is not null && Pending(cell) is not null) Try(cell, cancellation);
            }
        }
        while (_ran > before);
    }

    // One arm that cannot be trained is a result too, and no reason to leave the others undone.
    private void Try(StudyCell cell, CancellationToken cancellation)
    {
        try
        {
            Make(cell, cancellation);
            Interlocked.Increment(ref _ran);
            IReadOnlyList<CellResult> finished = _results.Cells();
            _options.Note(FormattableString.Invariant($"{Cells.Count(other => Pending(other, finished) is null)} of {Cells.Count} cells are finished"));
        }
        catch (GlossaException e)
        {
            _failed[cell.Name] = e.Message;
            _options.Note($"{cell.Name}: failed: {e.Message}");
        }
    }

    private void Make(StudyCell cell, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, string> settings = _settings[cell];
        if (_results.Cells().FirstOrDefault(other => CellSettings.Difference(other.Settings, settings) is null) is { } twin && !cell.Keep)
        {
            _results.Add(_plan, twin with { Arm = cell.Arm, Seed = cell.Seed, Rerun = null });
            _options.Note($"{cell.Name}: the same settings as {twin.Name}");
            return;
        }
        CellRun run = new(cell, settings, _plan.ScoredBytesPerLanguage);
        string folder = _folder.Cell(cell);
        CellResult result = run.Run(folder, _folder.Store, _folder.SharedLock, _options.Progress(cell.Name), cancellation);
        _results.Add(_plan, result);
        run.Drop(folder, _folder.Store);
        _options.Note(FormattableString.Invariant(
            $"{cell.Name}: {result.Test.BitsPerByte.Values.Average():F4} bits per byte on test, {result.Valid.BitsPerByte.Values.Average():F4} on valid, in {result.Made.TrainSeconds + result.Made.ScoreSeconds:F0} s"));
    }

    private string? Pending(StudyCell cell, IReadOnlyList<CellResult> finished) =>
        finished.FirstOrDefault(result => result.Name == cell.Name) is { } result ? Change(cell, result) : "not run yet";

    // What has changed since a cell was finished; null where nothing has.
    private string? Change(StudyCell cell, CellResult result) => CellSettings.Difference(result.Settings, _settings[cell]) is string key
        ? $"'{key}' was {result.Settings.GetValueOrDefault(key, "not set")} and is {_settings[cell].GetValueOrDefault(key, "not set")}" : null;

    // The report is made of the results alone: what it may not use any more has to stand there.
    private CellResult Marked(CellResult result) =>
        Cells.FirstOrDefault(cell => cell.Name == result.Name) is { } cell ? result with { Outdated = Change(cell, result) } : result;
}
