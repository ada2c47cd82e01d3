using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;
using Glossa.Pipeline.Study.Statistics;

namespace Glossa.Pipeline.Study.Document;

/// <summary>A comparison with its answer.</summary>
/// <param name="Plan">What was asked.</param>
/// <param name="Arm">The arm.</param>
/// <param name="Against">The arm that it is held against.</param>
/// <param name="Ground">What they share.</param>
/// <param name="Result">The answer.</param>
internal sealed record AnsweredComparison(ComparisonPlan Plan, ArmFigures Arm, ArmFigures Against, CommonGround Ground, PairedComparison Result);

/// <summary>A question for equal quality with its answer.</summary>
/// <param name="Plan">What was asked.</param>
/// <param name="Arm">The arm to reach.</param>
/// <param name="Result">The answer.</param>
internal sealed record AnsweredEqualQuality(EqualQualityPlan Plan, ArmFigures Arm, EqualQuality Result);

/// <summary>The figures of a study by arm.</summary>
internal sealed class StudyFigures
{
    // Budgets that differ by less are one point of a series: texts are taken whole, so equal budgets give nearly equal bytes.
    private const double SameBudget = 1.02;

    /// <summary>Gathers the cells of a study's arms; outdated ones and those of arms that it has no longer are left out.</summary>
    public StudyFigures(StudyResults results)
    {
        Results = results;
        ILookup<string, CellResult> cells = results.Cells.Where(cell => cell.Outdated is null).ToLookup(cell => cell.Arm);
        Arms = [.. results.Arms.Where(arm => cells.Contains(arm.Name)).Select(arm => new ArmFigures(arm, [.. cells[arm.Name].OrderBy(cell => cell.Seed)]))];
    }

    /// <summary>The study.</summary>
    public StudyResults Results { get; }

    /// <summary>The arms that have a finished cell, in the order of the study's file.</summary>
    public IReadOnlyList<ArmFigures> Arms { get; }

    /// <summary>The names of the series that have a finished cell.</summary>
    public IReadOnlyList<string> SeriesNames => [.. Arms.Select(arm => arm.Arm.Series).OfType<string>().Distinct()];

    /// <summary>Of the arms that a pattern names the one that is best on the valid split; null where none is finished.</summary>
    public ArmFigures? Best(string pattern) => Arms.Where(arm => NamePattern.Matches(pattern, arm.Name)).MinBy(arm => arm.Valid);

    /// <summary>A series by unique bytes, of each budget the arm that is best on the valid split.</summary>
    public IReadOnlyList<ArmFigures> Series(string name)
    {
        List<List<ArmFigures>> budgets = [];
        foreach (ArmFigures arm in Arms.Where(arm => arm.Arm.Series == name).OrderBy(arm => arm.UniqueBytes))
        {
            if (budgets.Count > 0 && arm.UniqueBytes <= budgets[^1][0].UniqueBytes * SameBudget) budgets[^1].Add(arm);
            else budgets.Add([arm]);
        }
        return [.. budgets.Select(budget => budget.MinBy(arm => arm.Valid)!)];
    }

    /// <summary>Answers a comparison; null where a side has no finished cell or the two share nothing.</summary>
    public AnsweredComparison? Answer(ComparisonPlan plan)
    {
        if (Best(plan.Arm) is not { } arm || Best(plan.Against) is not { } against || CommonGround.Of(arm, against) is not { } ground) return null;
        return new AnsweredComparison(plan, arm, against, ground, PairedComparison.Of(arm.Matrix(ground), against.Matrix(ground)));
    }

    /// <summary>Answers a question for equal quality; null where the arm or two points of the series are not finished.</summary>
    public AnsweredEqualQuality? Answer(EqualQualityPlan plan)
    {
        IReadOnlyList<ArmFigures> series = Series(plan.Series);
        if (series.Count < 2 || Best(plan.Arm) is not { } arm || CommonGround.Of([arm, .. series]) is not { } ground) return null;
        return new AnsweredEqualQuality(plan, arm, EqualQuality.Of([.. series.Select(point => (point.UniqueBytes, point.Matrix(ground)))], arm.UniqueBytes, arm.Matrix(ground)));
    }
}
