namespace Glossa.Pipeline.Finetune.Scoring;

/// <summary>How well texts of a language are classified.</summary>
/// <param name="Language">Its tag.</param>
/// <param name="Texts">Number of texts.</param>
/// <param name="Accuracy">Share that is right.</param>
/// <param name="MacroF1">Mean F1 of the classes that its texts have; where all have one class (languages told apart), that class's F1 over all texts.</param>
public sealed record LanguageClassification(string Language, int Texts, double Accuracy, double MacroF1);

/// <summary>How well a class is told from the others.</summary>
/// <param name="Label">The class.</param>
/// <param name="Texts">Texts that have it.</param>
/// <param name="Precision">Share of the texts given the class that have it.</param>
/// <param name="Recall">Share of the texts that have the class and were given it.</param>
/// <param name="F1">Harmonic mean of the two.</param>
public sealed record ClassClassification(string Label, int Texts, double Precision, double Recall, double F1);

/// <summary>Figures of a classifier on one split.</summary>
/// <param name="Texts">Number of texts.</param>
/// <param name="Accuracy">Share that is right.</param>
/// <param name="MacroF1">Unweighted mean of the classes' F1; classes that no text has and none was given are left out.</param>
/// <param name="Languages">By language, in ordinal order.</param>
/// <param name="Classes">By class.</param>
public sealed record ClassificationScore(
    int Texts, double Accuracy, double MacroF1, IReadOnlyList<LanguageClassification> Languages, IReadOnlyList<ClassClassification> Classes)
{
    private static readonly System.Text.Json.JsonSerializerOptions Json = new() { PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.CamelCase };

    /// <summary>The figures as one JSON value.</summary>
    public void WriteTo(System.Text.Json.Utf8JsonWriter writer) => System.Text.Json.JsonSerializer.Serialize(writer, this, Json);

    /// <summary>Counts right and wrong.</summary>
    /// <param name="rows">Language, right class and given class of every text.</param>
    /// <param name="labels">Names of the classes.</param>
    public static ClassificationScore Of(IReadOnlyList<(string Language, int Right, int Given)> rows, IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(labels);
        ClassClassification[] classes = ByClass(rows, labels);
        Dictionary<string, double> overall = classes.ToDictionary(c => c.Label, c => c.F1, StringComparer.Ordinal);
        LanguageClassification[] languages = [.. rows.GroupBy(row => row.Language).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
        {
            (string Language, int Right, int Given)[] own = [.. group];
            int[] right = [.. own.Select(row => row.Right).Distinct()];
            double f1 = right.Length == 1 ? overall[labels[right[0]]] : ByClass(own, labels).Where(c => c.Texts > 0).Average(c => c.F1);
            return new LanguageClassification(group.Key, own.Length, Accuracy(own), f1);
        })];
        return new ClassificationScore(rows.Count, Accuracy(rows), classes.Length == 0 ? 0 : classes.Average(c => c.F1), languages, classes);

        static double Accuracy(IReadOnlyList<(string Language, int Right, int Given)> some) => some.Count == 0 ? 0 : some.Count(row => row.Right == row.Given) / (double)some.Count;
    }

    private static ClassClassification[] ByClass(IReadOnlyList<(string Language, int Right, int Given)> rows, IReadOnlyList<string> labels) =>
    [
        .. labels.Select((label, i) =>
        {
            int have = rows.Count(row => row.Right == i), given = rows.Count(row => row.Given == i), hit = rows.Count(row => row.Right == i && row.Given == i);
            return (Given: given, Class: new ClassClassification(label, have, given == 0 ? 0 : hit / (double)given, have == 0 ? 0 : hit / (double)have, have + given == 0 ? 0 : 2.0 * hit / (have + given)));
        }).Where(entry => entry.Given + entry.Class.Texts > 0).Select(entry => entry.Class),
    ];
}
