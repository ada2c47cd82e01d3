using Glossa.Pipeline.Progress;

namespace Glossa.Pipeline.Study;

/// <summary>How a study is run; nothing here changes its figures.</summary>
public sealed record StudyOptions
{
    /// <summary>The output folder: the results where the study does not say, the store of finished stages, kept models.</summary>
    public required string Folder { get; init; }

    /// <summary>Pattern of the cells to run, such as <c>joint*/1</c>; null for all.</summary>
    public string? Cells { get; init; }

    /// <summary>Stops in good order after this time; null for no limit.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>Cells that are run at the same time.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>Makes the reporter that shows a cell's stages.</summary>
    public Func<string, IProgressReporter> Progress { get; init; } = _ => SilentProgress.Instance;

    /// <summary>Told a line for each thing worth one: a cell that is done, failed, or left to another process.</summary>
    public Action<string> Note { get; init; } = _ => { };
}

/// <summary>What a call of <c>glossa study</c> came to.</summary>
/// <param name="Results">Path of the results.</param>
/// <param name="Wanted">Cells that were asked for.</param>
/// <param name="Finished">Of these, the ones that are finished now.</param>
/// <param name="Ran">Of these, the ones that this call ran.</param>
/// <param name="Failed">What failed, by cell.</param>
/// <param name="OutOfTime">Whether the limit stopped the work.</param>
public sealed record StudyOutcome(string Results, int Wanted, int Finished, int Ran, IReadOnlyDictionary<string, string> Failed, bool OutOfTime);
