using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers.Parity;

/// <summary>
/// Finds weights of languages under which the same content costs about as many tokens in each: a byte-level BPE is trained, languages that pay more than the mean are given more
/// weight and the others less, and so on. The weights serve the other kinds of tokenizers too.
/// </summary>
public static class ParityWeights
{
    // A language's tokens answer slowly to its weight (about as its power -0.1), so a step is a high power of what it pays too much.
    private const double Step = 3;
    private const double Largest = 1e4;

    /// <summary>Finds the factors on the weights of languages; those without parallel texts keep 1. Reads <paramref name="texts"/> once.</summary>
    /// <param name="texts">The texts to train on.</param>
    /// <param name="options">The settings of the training that is to come: vocabulary, sampling exponent, threads.</param>
    /// <param name="parallel">Translations of the same passages, the reference language's among them.</param>
    /// <param name="rounds">How often to train.</param>
    /// <exception cref="InputException">A setting is out of range, or there is no text.</exception>
    public static IReadOnlyDictionary<string, double> Find(IEnumerable<(string Language, string Text)> texts, TrainerOptions options, IEnumerable<ParallelText> parallel, int rounds = 12)
    {
        ArgumentNullException.ThrowIfNull(options);
        BpeTrainerOptions trial = new() { VocabularySize = options.VocabularySize, SamplingExponent = options.SamplingExponent, Threads = options.Threads };
        trial.Validate();
        LanguageWords words = WordCounter.Count(texts, new PatternCutter(trial.Pattern), trial.ThreadCount);
        List<ParallelText> measured = [.. parallel.Where(text => words.Has(text.Language) || text.Language == PremiumReport.Reference)];
        Dictionary<string, double> factors = new(StringComparer.Ordinal), best = factors;
        double lowest = double.PositiveInfinity;
        for (int round = 0; round < rounds; round++)
        {
            PremiumReport report = PremiumReport.Measure(new ByteLevelBpeTokenizer(BpeTrainer.Train(words, trial with { LanguageFactors = factors })), measured);
            if (report.WorstDecile < lowest) (lowest, best) = (report.WorstDecile, factors);
            factors = Next(factors, report);
        }
        return best;
    }

    /// <summary>Goes only a part of the way.</summary>
    /// <param name="factors">Factors that were found.</param>
    /// <param name="part">0 for none of it, 1 for all.</param>
    public static IReadOnlyDictionary<string, double> Soften(IReadOnlyDictionary<string, double> factors, double part) =>
        factors.ToDictionary(pair => pair.Key, pair => Math.Pow(pair.Value, part), StringComparer.Ordinal);

    private static Dictionary<string, double> Next(Dictionary<string, double> factors, PremiumReport report)
    {
        double mean = Math.Exp(report.Languages.Average(language => Math.Log(language.Premium)));
        return report.Languages.ToDictionary(language => language.Language,
            language => Math.Clamp(factors.GetValueOrDefault(language.Language, 1) * Math.Pow(language.Premium / mean, Step), 1 / Largest, Largest), StringComparer.Ordinal);
    }
}
