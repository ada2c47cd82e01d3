using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Study.Plan;

/// <summary>What a study's report shows beside the table of all arms.</summary>
public sealed record StudyReportPlan
{
    /// <summary>Heading of the section; unset takes the study's name.</summary>
    public string? Title { get; init; }

    /// <summary>A paragraph on what is asked and on what text.</summary>
    public string? Text { get; init; }

    /// <summary>The pairs of arms that are held against each other.</summary>
    public ValueList<ComparisonPlan> Comparisons { get; init; } = [];

    /// <summary>The series and the arms whose quality they are to reach.</summary>
    public ValueList<EqualQualityPlan> EqualQuality { get; init; } = [];

    /// <summary>Patterns of the arms whose learning curves are drawn.</summary>
    public ValueList<string> Curves { get; init; } = [];
}

/// <summary>Two arms, or two patterns that stand for the best of several arms on the valid split.</summary>
public sealed record ComparisonPlan
{
    /// <summary>The arm.</summary>
    public string Arm { get; init; } = "";

    /// <summary>The arm that it is held against.</summary>
    public string Against { get; init; } = "";

    /// <summary>What the comparison asks, in a few words.</summary>
    public string? Caption { get; init; }

    /// <summary>Whether to draw a dot for each language.</summary>
    public bool Scatter { get; init; }
}

/// <summary>The unique bytes at which a series reaches an arm's mean.</summary>
public sealed record EqualQualityPlan
{
    /// <summary>The series.</summary>
    public string Series { get; init; } = "";

    /// <summary>The arm to reach, or a pattern that stands for the best of several on the valid split.</summary>
    public string Arm { get; init; } = "";

    /// <summary>What the comparison asks, in a few words.</summary>
    public string? Caption { get; init; }
}
