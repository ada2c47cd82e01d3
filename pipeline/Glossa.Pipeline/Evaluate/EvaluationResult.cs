namespace Glossa.Pipeline.Evaluate;

/// <summary>Bits per byte of a model over several languages.</summary>
/// <param name="Languages">One entry per language, in the order they were given.</param>
/// <param name="Window">The most tokens of a sequence seen at once.</param>
/// <param name="Stride">Tokens by which a long text advanced.</param>
public sealed record EvaluationResult(IReadOnlyList<LanguageScore> Languages, int Window, int Stride)
{
    /// <summary>The headline: the unweighted mean over languages.</summary>
    public double Mean { get; } = Languages.Average(l => l.BitsPerByte);

    /// <summary>The middle language, or the mean of the two in the middle.</summary>
    public double Median { get; } = MedianOf(Languages);

    /// <summary>Unweighted mean over the worst tenth of the languages: the ceiling of n / 10 with the highest bits per byte.</summary>
    public double WorstDecile { get; } =
        Languages.Select(l => l.BitsPerByte).OrderDescending().Take((Languages.Count + 9) / 10).Average();

    private static double MedianOf(IReadOnlyList<LanguageScore> languages)
    {
        double[] sorted = [.. languages.Select(l => l.BitsPerByte).Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
