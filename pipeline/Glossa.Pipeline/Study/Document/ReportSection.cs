using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Card;
using Glossa.Pipeline.Study.Results;

namespace Glossa.Pipeline.Study.Document;

/// <summary>A picture of a report.</summary>
/// <param name="Name">Name of its file.</param>
/// <param name="Svg">Its text.</param>
internal sealed record ReportPicture(string Name, string Svg);

/// <summary>What a report says.</summary>
/// <param name="Text">Markdown.</param>
/// <param name="Pictures">The pictures that it refers to.</param>
internal sealed record ReportSection(string Text, IReadOnlyList<ReportPicture> Pictures)
{
    /// <summary>Makes the section of a study.</summary>
    /// <param name="study">The figures.</param>
    /// <param name="folder">Where the document finds the pictures.</param>
    public static ReportSection Make(StudyFigures study, string folder)
    {
        Markdown text = new();
        List<ReportPicture> pictures = [];
        text.Line($"## {study.Results.Report.Title ?? study.Results.Study}").Line();
        if (study.Results.Report.Text is { } introduction) text.Line($"{introduction}").Line();
        text.Line($"{Facts(study)}").Line();
        Questions(text, study);
        Picture("bytes.svg", BytesChart.Draw(study), "Bits per byte against unique bytes: a dot for each seed, curves through the means of each series.");
        int number = 0;
        foreach (AnsweredComparison answer in study.Results.Report.Comparisons.Where(plan => plan.Scatter).Select(study.Answer).OfType<AnsweredComparison>())
            Picture(FormattableString.Invariant($"languages-{++number}.svg"), PairChart.Draw(answer), $"Every language: {answer.Arm.Name} against {answer.Against.Name}, means over seeds; below the line {answer.Arm.Name} is better.");
        ArmFigures[] curves = [.. study.Arms.Where(arm => study.Results.Report.Curves.Any(pattern => NamePattern.Matches(pattern, arm.Name)))];
        Picture("curves.svg", CurvesChart.Draw(curves), "Learning curves, one seed each.");
        text.Line($"### Every arm").Line();
        ReportTables.Arms(text, study);
        text.Line();
        Descriptions(text, study);
        Reruns(text, study);
        return new ReportSection(text.ToString(), pictures);

        void Picture(string file, string? svg, string caption)
        {
            if (svg is null) return;
            pictures.Add(new ReportPicture(file, svg));
            text.Line($"![{caption}]({folder}/{file})").Line();
            text.Line($"{caption}").Line();
        }
    }

    private static void Questions(Markdown text, StudyFigures study)
    {
        AnsweredComparison[] comparisons = [.. study.Results.Report.Comparisons.Select(study.Answer).OfType<AnsweredComparison>()];
        AnsweredEqualQuality[] equal = [.. study.Results.Report.EqualQuality.Select(study.Answer).OfType<AnsweredEqualQuality>()];
        int open = study.Results.Report.Comparisons.Count + study.Results.Report.EqualQuality.Count - comparisons.Length - equal.Length;
        ReportSentences.Write(text, equal, comparisons);
        if (equal.Length > 0)
        {
            text.Line($"### Data for equal quality").Line();
            ReportTables.EqualQuality(text, equal);
            text.Line();
        }
        if (comparisons.Length > 0)
        {
            text.Line($"### Arms against their controls").Line();
            ReportTables.Comparisons(text, comparisons);
            text.Line();
        }
        if (open > 0) text.Line($"Questions that are not answered yet, because cells are missing: {Figures.Count(open)}.").Line();
    }

    private static string Facts(StudyFigures study)
    {
        CellResult[] cells = [.. study.Arms.SelectMany(arm => arm.Cells)];
        double hours = cells.Sum(cell => cell.Made.TrainSeconds + cell.Made.ScoreSeconds) / 3600;
        string processors = string.Join(" and ", cells.Select(cell => $"{cell.Made.Processor}, {Figures.Count(cell.Made.Threads, "thread")}").Distinct().Order(StringComparer.Ordinal));
        string waiting = study.Results.Arms.Count > study.Arms.Count ? $" Not run yet: {Figures.Count(study.Results.Arms.Count - study.Arms.Count, "arm")}." : "";
        int outdated = study.Results.Cells.Count(cell => cell.Outdated is not null);
        if (outdated > 0) waiting += $" Left out: {Figures.Count(outdated, "cell")} whose settings have changed since.";
        return $"{Figures.Count(cells.Length, "finished cell")} of {Figures.Count(study.Arms.Count, "arm")}, {Figures.Count(cells.Max(cell => cell.Test.BitsPerByte.Count), "language")}, {Figures.Ratio(hours)} hours of {processors}.{waiting} "
            + "Settings are chosen on the valid split, figures are of the test split. Intervals are of 95 % confidence.";
    }

    private static void Descriptions(Markdown text, StudyFigures study)
    {
        foreach (ArmFigures arm in study.Arms)
        {
            string settings = arm.Arm.Settings.Count == 0 ? "the study's common settings" : string.Join(", ", arm.Arm.Settings.Select(setting => $"{setting.Key}: {setting.Value}"));
            text.Line($"- **{arm.Name}**{(arm.Arm.Description is { } description ? $" ({description})" : "")}: {settings}");
        }
        text.Line();
    }

    private static void Reruns(Markdown text, StudyFigures study)
    {
        foreach (CellResult cell in study.Arms.SelectMany(arm => arm.Cells).Where(cell => cell.Rerun is not null))
        {
            CellRerun rerun = cell.Rerun!;
            string outcome = rerun.BitEqual ? $"all {Figures.Count(rerun.Numbers)} numbers were the same to the bit" : $"not the same: {rerun.Difference}";
            text.Line($"Cell {cell.Name}, made anew from its configuration on {rerun.Processor}: {outcome}.").Line();
        }
    }
}
