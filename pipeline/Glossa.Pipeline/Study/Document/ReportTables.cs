using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Card;
using Glossa.Pipeline.Study.Statistics;

namespace Glossa.Pipeline.Study.Document;

/// <summary>The tables of a study's report.</summary>
internal static class ReportTables
{
    /// <summary>The comparisons: what was asked, by how much, and which way it came out.</summary>
    public static void Comparisons(Markdown text, IReadOnlyList<AnsweredComparison> answers)
    {
        text.Line($"| question | arm | against | bytes, tokens | difference | over seeds and languages | over seeds | lower in | the arm is |");
        text.Line($"|---|---|---|---|---|---|---|---|---|");
        foreach (AnsweredComparison answer in answers)
        {
            PairedComparison result = answer.Result;
            string mean = $"{Figures.Difference(result.Mean)} ({Figures.Change(result.Mean / answer.Against.Test)})";
            string size = $"{Figures.Ratio(answer.Arm.UniqueBytes / answer.Against.UniqueBytes)}, {Figures.Ratio(answer.Arm.Tokens / answer.Against.Tokens)}";
            text.Line($"| {answer.Plan.Caption} | {answer.Arm.Name} | {answer.Against.Name} | {size} | {mean} | {Differences(result.Bootstrap)} | {(result.OverSeeds is { } seeds ? Differences(seeds) : "one seed")} | {Share(result)} | {Verdict(result)} |");
        }
        text.Line().Line($"Differences are in bits per byte of the test split, the arm minus the other, paired by seed and language; below 0 the arm is better. *bytes, tokens*: the arm's unique bytes and processed tokens over the other's.");
    }

    /// <summary>The unique bytes at which series reach arms.</summary>
    public static void EqualQuality(Markdown text, IReadOnlyList<AnsweredEqualQuality> answers)
    {
        text.Line($"| question | series | reaches | at bits per byte | with its unique bytes | the series needs | share | 95 % interval of the share | curve |");
        text.Line($"|---|---|---|---|---|---|---|---|---|");
        foreach (AnsweredEqualQuality answer in answers)
        {
            EqualQuality result = answer.Result;
            string needs = result.Bytes == 0 ? "less than any" : double.IsFinite(result.Bytes) ? Figures.Size(result.Bytes) : "never gets there";
            string share = double.IsFinite(result.Bytes) ? Figures.Ratio(result.Share) : "–";
            string curve = Form(result) + (result.Extrapolated && double.IsFinite(result.Bytes) ? $"; EXTRAPOLATED: measured from {Figures.Size(result.Measured.Low)} to {Figures.Size(result.Measured.High)}" : "");
            text.Line($"| {answer.Plan.Caption} | {answer.Plan.Series} | {answer.Arm.Name} | {Figures.Bits(answer.Arm.Test)} | {Figures.Size(answer.Arm.UniqueBytes)} | {needs} | {share} | {Shares(result.ShareInterval)} | {curve} |");
        }
    }

    /// <summary>Every arm.</summary>
    public static void Arms(Markdown text, StudyFigures study)
    {
        text.Line($"| arm | unique bytes | tokens | parameters | seeds | valid | test | 95 % of test over seeds | minutes a cell |");
        text.Line($"|---|--:|--:|--:|--:|--:|--:|---|--:|");
        foreach (ArmFigures arm in study.Arms)
        {
            string interval = Interval.OfMean(arm.TestBySeed) is { } seeds ? $"{Figures.Bits(seeds.Low)} to {Figures.Bits(seeds.High)}" : "one seed";
            double minutes = arm.Cells.Average(cell => cell.Made.TrainSeconds + cell.Made.ScoreSeconds) / 60;
            text.Line($"| {arm.Name} | {Figures.Size(arm.UniqueBytes)} | {Figures.Short(arm.Tokens)} | {Figures.Short(arm.Parameters)} | {Figures.Count(arm.Cells.Count)} | {Figures.Bits(arm.Valid)} | {Figures.Bits(arm.Test)} | {interval} | {Figures.Ratio(minutes)} |");
        }
        if (study.Results.Baseline is { } baseline)
            text.Line($"| LZMA2 (no model) | | | | | | {Figures.Bits(baseline.BitsPerByte.Values.Average())} | | |");
    }

    private static string Verdict(PairedComparison result) => result.Verdict switch
    {
        < 0 => "lower",
        > 0 => "higher",
        _ => result.OverSeeds is null ? "not to be told from one seed" : "not to be told apart",
    };

    private static string Form(EqualQuality result) => result.Form switch
    {
        ScalingForm.LogLinear => "line over log bytes through 2 points",
        ScalingForm.LogQuadratic => "parabola over log bytes through 3 points",
        _ => $"a + b · bytes^-c through {Figures.Count(result.Points)} points",
    };

    private static string Share(PairedComparison result) => $"{Figures.Count(result.Lower)} of {Figures.Count(result.Languages, "language")}, {Figures.Count(result.Seeds, "seed")}";

    private static string Differences(Interval interval) => $"{Figures.Difference(interval.Low)} to {Figures.Difference(interval.High)}";

    private static string Shares(Interval interval) => $"{End(interval.Low)} to {End(interval.High)}";

    private static string End(double share) => double.IsFinite(share) ? Figures.Ratio(share) : "beyond any";
}
