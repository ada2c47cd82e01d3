using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Card;
using Glossa.Pipeline.Study.Statistics;

namespace Glossa.Pipeline.Study.Document;

/// <summary>A study's answers as sentences: what was compared, of how many, and which way it came out.</summary>
internal static class ReportSentences
{
    /// <summary>One line for each answer.</summary>
    public static void Write(Markdown text, IReadOnlyList<AnsweredEqualQuality> equal, IReadOnlyList<AnsweredComparison> comparisons)
    {
        foreach (AnsweredEqualQuality answer in equal)
            text.Line($"- **{answer.Plan.Series}** {Needs(answer.Result)} for the {Figures.Bits(answer.Arm.Test)} bits per byte that **{answer.Arm.Name}** reaches with {Figures.Size(answer.Result.ArmBytes)}{Measured(answer.Result)}.");
        foreach (AnsweredComparison answer in comparisons)
            text.Line($"- **{answer.Arm.Name}** is {Outcome(answer)} **{answer.Against.Name}** ({Sample(answer.Result.Seeds, answer.Result.Languages)}; lower in {Figures.Count(answer.Result.Lower)}).");
        if (equal.Count + comparisons.Count > 0) text.Line();
    }

    private static string Needs(EqualQuality result)
    {
        if (result.Bytes == 0) return "needs less unique text than any fit of its curve can say";
        if (!double.IsFinite(result.Bytes)) return "does not get there with any amount of unique text, by its curve,";
        return $"needs {Figures.Size(result.Bytes)} of unique text, {Figures.Ratio(result.Share)} of the other's (95 % interval {Share(result.ShareInterval.Low)} to {Share(result.ShareInterval.High)}; {Sample(result.Seeds, result.Languages)}),";
    }

    private static string Measured(EqualQuality result) =>
        result.Extrapolated && double.IsFinite(result.Bytes) ? "; that is extrapolated beyond the series" : "";

    private static string Outcome(AnsweredComparison answer)
    {
        PairedComparison result = answer.Result;
        string size = $"by {Figures.Bits(Math.Abs(result.Mean))} bits per byte ({Figures.Percent(Math.Abs(result.Mean) / answer.Against.Test)})";
        return result.Verdict switch
        {
            < 0 => $"lower {size} than",
            > 0 => $"higher {size} than",
            _ => $"{(result.Mean < 0 ? "lower" : "higher")} {size}, which is no difference that these runs can tell, than",
        };
    }

    private static string Sample(int seeds, int languages) => $"{Figures.Count(seeds, "seed")}, {Figures.Count(languages, "language")}";

    private static string Share(double share) => double.IsFinite(share) ? Figures.Ratio(share) : "beyond any";
}
