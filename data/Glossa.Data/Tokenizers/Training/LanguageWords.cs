using System.Numerics;

namespace Glossa.Data.Tokenizers.Training;

/// <summary>The words of a corpus, counted language by language: from them come the weighted counts that a trainer sees.</summary>
internal sealed class LanguageWords
{
    private const int WeightBits = 20;

    private readonly List<(string Language, WordTable Words)> _tables;
    private readonly Dictionary<string, long> _bytes = new(StringComparer.Ordinal);

    /// <summary>Takes counts; a language may come in several parts.</summary>
    public LanguageWords(IEnumerable<(string Language, WordTable Words, long Bytes)> parts)
    {
        _tables = [];
        foreach ((string language, WordTable words, long bytes) in parts)
        {
            _tables.Add((language, words));
            _bytes[language] = _bytes.GetValueOrDefault(language) + bytes;
        }
    }

    /// <summary>True where no language has a word.</summary>
    public bool IsEmpty => _tables.All(table => table.Words.Count == 0);

    /// <summary>True for a language with text.</summary>
    public bool Has(string language) => _bytes.ContainsKey(language);

    /// <summary>All words, each with its count in a language times the language's weight. Sums of integers, so their order does not matter.</summary>
    public WeightedWords Weigh(TrainerOptions options)
    {
        Dictionary<string, long> weights = Weights(_bytes, options.SamplingExponent, options.LanguageFactors);
        WordTable sum = new();
        foreach ((string language, WordTable words) in _tables) sum.Add(words, weights[language]);
        double weighted = _bytes.Sum(pair => (double)pair.Value * weights[pair.Key]);
        return new WeightedWords(sum, Math.Max(1, weighted / Math.Max(1, _bytes.Values.Sum())));
    }

    /// <summary>
    /// Weight of a byte of each language, in fixed point: bytes of the language to the power (exponent - 1) times its factor, the largest
    /// language having 2^20 or, where sums could leave 62 bits, less.
    /// </summary>
    internal static Dictionary<string, long> Weights(Dictionary<string, long> bytes, double exponent, IReadOnlyDictionary<string, double> factors)
    {
        double largest = Math.Max(1, bytes.Values.DefaultIfEmpty().Max());
        Dictionary<string, double> ratios = bytes.ToDictionary(pair => pair.Key,
            pair => Math.Pow(Math.Max(1, pair.Value) / largest, exponent - 1) * factors.GetValueOrDefault(pair.Key, 1), StringComparer.Ordinal);
        double total = ratios.OrderBy(pair => pair.Key, StringComparer.Ordinal).Sum(pair => pair.Value * bytes[pair.Key]);
        int bits = Math.Min(WeightBits, 61 - BitOperations.Log2((ulong)Math.Max(1, total)));
        return ratios.ToDictionary(pair => pair.Key, pair => Math.Max(1, (long)Math.Round(pair.Value * (1L << bits))), StringComparer.Ordinal);
    }
}

/// <summary>Words and their weighted counts.</summary>
/// <param name="Words">The words.</param>
/// <param name="Unit">The weight of an average occurrence: a count divided by it is comparable to an unweighted one.</param>
internal sealed record WeightedWords(WordTable Words, double Unit);
