using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Drawing;

namespace Glossa.Pipeline.Study.Document;

/// <summary>A dot for each language: one arm against another, means over seeds.</summary>
internal static class PairChart
{
    /// <summary>The picture.</summary>
    public static string Draw(AnsweredComparison answer)
    {
        double[] arm = Means(answer.Arm.Matrix(answer.Ground)), against = Means(answer.Against.Matrix(answer.Ground));
        // The languages that the arm began with stand out.
        IReadOnlyList<string>? first = answer.Arm.Cells[0].Training.Phases[0].Languages;
        Dictionary<string, double> other = answer.Ground.Languages.Zip(against).ToDictionary(pair => pair.First, pair => pair.Second);
        LanguageResult[] languages = [.. answer.Ground.Languages.Select((language, i) =>
            new LanguageResult(language, first?.Contains(language) == true ? 1 : 2, 0, null, arm[i]))];
        ScatterOptions options = new($"bits per byte of {answer.Against.Name}", language => other[language.Language], $"Bits per byte of {answer.Arm.Name} and {answer.Against.Name} by language")
        {
            YName = $"bits per byte of {answer.Arm.Name}",
            Diagonal = true,
            Sides = ($"{answer.Against.Name} is lower", $"{answer.Arm.Name} is lower"),
        };
        return StandaloneChart.Of(ScatterChart.Width, ScatterChart.Height, markup => ScatterChart.Draw(markup, languages, options));
    }

    private static double[] Means(double[][] figures) => [.. Enumerable.Range(0, figures[0].Length).Select(language => figures.Average(row => row[language]))];
}
