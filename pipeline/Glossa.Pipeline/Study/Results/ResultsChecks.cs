namespace Glossa.Pipeline.Study.Results;

/// <summary>What results have to fulfil beside their types.</summary>
internal static class ResultsChecks
{
    /// <summary>The first thing that is wrong, or null.</summary>
    public static string? FirstProblem(StudyResults results)
    {
        if (results.Arms.GroupBy(arm => arm.Name).FirstOrDefault(group => group.Count() > 1) is { } arms) return $"two arms are called '{arms.Key}'";
        if (results.Cells.GroupBy(cell => cell.Name).FirstOrDefault(group => group.Count() > 1) is { } cells) return $"the cell '{cells.Key}' stands twice";
        foreach (CellResult cell in results.Cells)
        {
            if ((Problem(cell.Valid) ?? Problem(cell.Test)) is { } problem) return $"the cell '{cell.Name}' has {problem}";
            if (cell.Training.Curve.Tokens.Count != cell.Training.Curve.Loss.Count) return $"the cell '{cell.Name}' has a curve of unequal lengths";
        }
        return null;
    }

    private static string? Problem(SplitScores scores)
    {
        if (scores.BitsPerByte.Count == 0) return "no figures";
        foreach ((string language, double bits) in scores.BitsPerByte)
            if (!double.IsFinite(bits) || bits <= 0) return FormattableString.Invariant($"{bits} bits per byte for '{language}'");
        return null;
    }
}
