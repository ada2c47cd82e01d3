namespace Glossa.Data.Tokenizers.Parity;

/// <summary>What a language costs beside the reference language.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Tokens">Tokens of the passages that both languages have.</param>
/// <param name="ReferenceTokens">Tokens of the same passages in the reference language.</param>
public sealed record LanguagePremium(string Language, long Tokens, long ReferenceTokens)
{
    /// <summary>Tokens for each token of the reference language: 1 is as cheap, 3 three times as dear.</summary>
    public double Premium => (double)Tokens / ReferenceTokens;
}

/// <summary>
/// The tokenization premium (Petrov, La Malfa, Torr and Bibi, 2023): tokens of a language over the reference language's tokens for the same content. Unlike bytes per token it can be
/// compared across scripts.
/// </summary>
public sealed class PremiumReport
{
    /// <summary>The language that premiums are relative to.</summary>
    public const string Reference = "en";

    private PremiumReport(IReadOnlyList<LanguagePremium> languages) => Languages = languages;

    /// <summary>All languages that share a passage with the reference, the dearest first.</summary>
    public IReadOnlyList<LanguagePremium> Languages { get; }

    /// <summary>Unweighted mean over the languages.</summary>
    public double Mean => Languages.Average(language => language.Premium);

    /// <summary>Mean over the dearest tenth of the languages, at least one.</summary>
    public double WorstDecile => Languages.Take(Math.Max(1, Languages.Count / 10)).Average(language => language.Premium);

    /// <summary>Encodes <paramref name="texts"/> and compares.</summary>
    /// <exception cref="InputException">The reference language is not among the texts.</exception>
    public static PremiumReport Measure(ITokenizer tokenizer, IEnumerable<ParallelText> texts)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(texts);
        Dictionary<string, Dictionary<string, long>> tokens = new(StringComparer.Ordinal);
        List<int> ids = [];
        foreach (ParallelText text in texts)
        {
            ids.Clear();
            tokenizer.Encode(text.Text, ids);
            if (!tokens.TryGetValue(text.Language, out Dictionary<string, long>? passages)) tokens.Add(text.Language, passages = new Dictionary<string, long>(StringComparer.Ordinal));
            passages[text.Passage] = passages.GetValueOrDefault(text.Passage) + ids.Count;
        }
        if (!tokens.TryGetValue(Reference, out Dictionary<string, long>? reference))
            throw new InputException($"the parallel texts have none in the reference language \"{Reference}\"", fix: "add its translation of the passages");
        return new PremiumReport([.. tokens.Select(pair => Compare(pair.Key, pair.Value, reference)).Where(language => language.ReferenceTokens > 0)
            .OrderByDescending(language => language.Premium).ThenBy(language => language.Language, StringComparer.Ordinal)]);
    }

    private static LanguagePremium Compare(string language, Dictionary<string, long> passages, Dictionary<string, long> reference)
    {
        string[] shared = [.. passages.Keys.Where(reference.ContainsKey)];
        return new LanguagePremium(language, shared.Sum(passage => passages[passage]), shared.Sum(passage => reference[passage]));
    }
}
