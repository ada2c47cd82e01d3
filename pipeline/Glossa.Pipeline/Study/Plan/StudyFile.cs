using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Study.Plan;

/// <summary>A study's file as it is written: the keys are the properties' names in camel case.</summary>
internal sealed record StudyFile
{
    /// <summary>What the study is called; the file's name where it does not say.</summary>
    public string? Name { get; init; }

    /// <summary>The run configuration that every arm starts from: a path relative to the study's file, or <c>default</c>.</summary>
    public string Base { get; init; } = ConfigReader.DefaultName;

    /// <summary>Settings of all arms, over the base.</summary>
    public ConfigMapping? Set { get; init; }

    /// <summary>The seeds; every arm is trained once with each.</summary>
    [InRange(0, long.MaxValue)]
    public ValueList<long> Seeds { get; init; } = [];

    /// <summary>The arms.</summary>
    public ValueList<ArmEntry> Arms { get; init; } = [];

    /// <summary>Most bytes of text of each language and split that are scored, spread evenly over the split; unset scores all.</summary>
    [InRange(1, long.MaxValue)]
    public long? ScoredBytesPerLanguage { get; init; }

    /// <summary>Where the results go, relative to the study's file; unset puts them into the output folder.</summary>
    public string? Results { get; init; }

    /// <summary>What the report shows.</summary>
    public StudyReportPlan Report { get; init; } = new();
}

/// <summary>One arm, or with a grid one for each combination of its values.</summary>
internal sealed record ArmEntry
{
    /// <summary>Name of the arm.</summary>
    public string Name { get; init; } = "";

    /// <summary>What it is, in a few words for the report.</summary>
    public string? Description { get; init; }

    /// <summary>Name of an arm above, the first that is called so: its settings, but not its grid, are laid over those of the study before this arm's own.</summary>
    public string? Like { get; init; }

    /// <summary>Settings of the arm, over those of the study.</summary>
    public ConfigMapping? Set { get; init; }

    /// <summary>Keys with lists of values: every combination is an arm.</summary>
    public ConfigMapping? Grid { get; init; }

    /// <summary>The series of arms that differ in their unique bytes.</summary>
    public string? Series { get; init; }

    /// <summary>Whether the trained models are exported and kept.</summary>
    public bool Keep { get; init; }

    /// <summary>Seeds of this arm, where they are others than the study's.</summary>
    [InRange(0, long.MaxValue)]
    public ValueList<long> Seeds { get; init; } = [];
}
