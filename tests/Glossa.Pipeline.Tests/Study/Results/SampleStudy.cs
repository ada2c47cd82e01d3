using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;

namespace Glossa.Pipeline.Tests.Study.Results;

/// <summary>Results with made-up figures.</summary>
internal static class SampleStudy
{
    public static CellResult Cell(string arm, long seed, double[] test, long uniqueBytes = 1_000_000, params (string, string)[] settings)
    {
        string[] languages = [.. test.Select((_, i) => $"l{i}")];
        SplitScores scores = new(Map(languages, i => test[i]), Map(languages, _ => 500L), Map(languages, i => 200L + i));
        return new CellResult(
            arm, seed, "0123456789abcdef", new SortedDictionary<string, string>(settings.Append(("seed", FormattableString.Invariant($"{seed}"))).ToDictionary(entry => entry.Item1, entry => entry.Item2), StringComparer.Ordinal),
            new CellProvenance("0.1.0", "A processor", 2, 60, 3, "c0ffee"),
            new CellTraining(650_000, 600_000, uniqueBytes, [new CellPhase("diverse", uniqueBytes / 2, 200_000, 10, ["l0"]), new CellPhase("all", uniqueBytes, 400_000, 20)],
                Map(languages, _ => uniqueBytes / languages.Length), new CellCurve([1000, 300_000, 600_000], [6.5, 3.25, 2.1])),
            scores with { BitsPerByte = Map(languages, i => test[i] + 0.01) }, scores);
    }

    public static StudyResults Of(StudyReportPlan report, params CellResult[] cells) => new(
        StudyResults.CurrentVersion, "sample", [.. cells.Select(cell => cell.Arm).Distinct().Select(name => new StudyArm(name, new SortedDictionary<string, string>()))], report, cells);

    private static SortedDictionary<string, T> Map<T>(string[] languages, Func<int, T> value) =>
        new(languages.Select((language, i) => (language, value(i))).ToDictionary(), StringComparer.Ordinal);
}
