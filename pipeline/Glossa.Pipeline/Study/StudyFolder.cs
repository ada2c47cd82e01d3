using Glossa.Pipeline.Study.Plan;

namespace Glossa.Pipeline.Study;

/// <summary>Where a study's files are.</summary>
/// <param name="Path">The output folder's full path.</param>
internal sealed record StudyFolder(string Path)
{
    /// <summary>Name of the results in the output folder.</summary>
    public const string ResultsName = "study.json";

    private const int MostLetters = 80;

    /// <summary>Finished stages, shared by all cells.</summary>
    public string Store => At("store");

    /// <summary>The lock of whoever changes the results.</summary>
    public string ResultsLock => At("locks", "results");

    /// <summary>The lock of whoever does the stages that cells share.</summary>
    public string SharedLock => At("locks", "shared-stages");

    /// <summary>Remembered hashes of input files.</summary>
    public string InputHashes => At("input-hashes.json");

    /// <summary>The run folder of the baseline.</summary>
    public string Baseline => At("baseline");

    /// <summary>The results of a plan.</summary>
    public string Results(StudyPlan plan) => plan.Results ?? At(ResultsName);

    /// <summary>The run folder of a cell.</summary>
    public string Cell(StudyCell cell) => At("cells", Slug(cell));

    /// <summary>The lock of whoever runs the cells of a key; two arms that meet in one configuration have one key.</summary>
    public string KeyLock(string key) => At("locks", key);

    /// <summary>The run folder, with a store of its own, in which a cell is made anew.</summary>
    public string Rerun(StudyCell cell) => At("rerun", Slug(cell));

    /// <summary>A path in the folder.</summary>
    public string At(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    // Values of a grid may hold what a file's name may not; other names are told apart by themselves.
    private static string Slug(StudyCell cell)
    {
        string plain = FormattableString.Invariant($"{cell.Arm}-{cell.Seed}");
        string name = new([.. plain.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' ? letter : '-')]);
        return name == plain && name.Length <= MostLetters ? name : $"{name[..Math.Min(name.Length, MostLetters)]}-{ContentHash.OfText(cell.Name)[..8]}";
    }
}
