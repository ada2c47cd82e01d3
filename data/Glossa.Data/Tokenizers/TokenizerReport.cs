using System.Text;

namespace Glossa.Data.Tokenizers;

/// <summary>How a tokenizer serves one language.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Utf8Bytes">Bytes of its texts.</param>
/// <param name="Tokens">Tokens of its texts.</param>
public sealed record LanguageCompression(string Language, long Utf8Bytes, long Tokens)
{
    /// <summary>Bytes of UTF-8 for each token; more is better. Not comparable between scripts.</summary>
    public double BytesPerToken => Tokens == 0 ? 0 : (double)Utf8Bytes / Tokens;
}

/// <summary>Compression of texts by a tokenizer, language by language.</summary>
public sealed class TokenizerReport
{
    private TokenizerReport(IReadOnlyList<LanguageCompression> languages) => Languages = languages;

    /// <summary>All languages, the worst served first.</summary>
    public IReadOnlyList<LanguageCompression> Languages { get; }

    /// <summary>Unweighted mean over the languages of bytes per token.</summary>
    public double MeanBytesPerToken => Languages.Count == 0 ? 0 : Languages.Average(language => language.BytesPerToken);

    /// <summary>Mean over the worst-served tenth of the languages, at least one.</summary>
    public double WorstDecileBytesPerToken => Languages.Count == 0 ? 0
        : Languages.Take(Math.Max(1, Languages.Count / 10)).Average(language => language.BytesPerToken);

    /// <summary>Encodes <paramref name="texts"/> and counts.</summary>
    public static TokenizerReport Measure(ITokenizer tokenizer, IEnumerable<(string Language, string Text)> texts)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(texts);
        Dictionary<string, (long Bytes, long Tokens)> sums = new(StringComparer.Ordinal);
        List<int> ids = [];
        foreach ((string language, string text) in texts)
        {
            ids.Clear();
            tokenizer.Encode(text, ids);
            (long bytes, long tokens) = sums.GetValueOrDefault(language);
            sums[language] = (bytes + Encoding.UTF8.GetByteCount(text), tokens + ids.Count);
        }
        return new TokenizerReport([.. sums.Select(pair => new LanguageCompression(pair.Key, pair.Value.Bytes, pair.Value.Tokens))
            .OrderBy(language => language.BytesPerToken).ThenBy(language => language.Language, StringComparer.Ordinal)]);
    }

    /// <summary>The languages with the fewest bytes per token, worst first.</summary>
    public IEnumerable<LanguageCompression> WorstServed(int count) => Languages.Take(count);
}
