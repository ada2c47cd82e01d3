using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Study.Plan;

/// <summary>A setting under comparison.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Settings">What it sets over the study's common configuration: dotted keys with values as written.</param>
public sealed record StudyArm(string Name, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>What it is, in a few words for the report.</summary>
    public string? Description { get; init; }

    /// <summary>The series of arms that differ in their unique bytes; null for none.</summary>
    public string? Series { get; init; }
}

/// <summary>One run: an arm with a seed.</summary>
/// <param name="Arm">The arm's name.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Config">All settings of the run.</param>
/// <param name="Keep">Whether the trained model is exported and kept.</param>
public sealed record StudyCell(string Arm, long Seed, RunConfig Config, bool Keep)
{
    /// <summary>What the cell is called: <c>arm/seed</c>.</summary>
    public string Name => NameOf(Arm, Seed);

    /// <summary>The name of an arm's run with a seed.</summary>
    public static string NameOf(string arm, long seed) => FormattableString.Invariant($"{arm}/{seed}");
}

/// <summary>A study that was read: everything is resolved and checked.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Arms">The arms, in the order of the file.</param>
/// <param name="Cells">The runs: all arms with the first seed, then with the next.</param>
/// <param name="Base">What the arms have in common.</param>
/// <param name="Report">What the report shows.</param>
public sealed record StudyPlan(string Name, IReadOnlyList<StudyArm> Arms, IReadOnlyList<StudyCell> Cells, RunConfig Base, StudyReportPlan Report)
{
    /// <summary>Most bytes of each language and split that are scored; null for all.</summary>
    public long? ScoredBytesPerLanguage { get; init; }

    /// <summary>Full path of the results; null for <c>study.json</c> in the output folder.</summary>
    public string? Results { get; init; }
}
