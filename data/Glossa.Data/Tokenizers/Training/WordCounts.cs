using System.Text;

namespace Glossa.Data.Tokenizers.Training;

/// <summary>Words at work: a table for each language.</summary>
internal sealed class WordCounts
{
    // A trim leaves room, so that it does not come again at once.
    private const double TrimmedShare = 0.75;

    private readonly Dictionary<string, LanguageCount> _languages = new(StringComparer.Ordinal);

    /// <summary>The tables, with the UTF-8 bytes of the texts behind them.</summary>
    public IEnumerable<(string Language, WordTable Words, long Bytes)> Languages => _languages.Select(pair => (pair.Key, pair.Value.Words, pair.Value.Bytes));

    /// <summary>Counts the words of a text.</summary>
    public void Count(string language, string text, IWordCutter cutter)
    {
        LanguageCount count = Of(language);
        count.Bytes += Encoding.UTF8.GetByteCount(text);
        cutter.Count(text, count.Words);
    }

    /// <summary>Adds what another one counted.</summary>
    public void Add(WordCounts other)
    {
        foreach ((string language, WordTable words, long bytes) in other.Languages)
        {
            LanguageCount count = Of(language);
            count.Bytes += bytes;
            count.Words.Add(words, 1);
        }
    }

    /// <summary>
    /// Where the languages have more words than <paramref name="most"/> together, drops the rarest of the languages that have many: each is cut to one level, and those below it
    /// keep what they have.
    /// </summary>
    public void Trim(int most)
    {
        if (_languages.Values.Sum(count => (long)count.Words.Count) <= most) return;
        int level = Level([.. _languages.Values.Select(count => count.Words.Count).Order()], (long)(most * TrimmedShare));
        foreach (LanguageCount count in _languages.Values)
            if (count.Words.Count > level) count.Words = count.Words.Commonest(level);
    }

    // The number to which all larger ones have to be cut for the sum to be so much.
    private static int Level(int[] ascending, long sum)
    {
        for (int i = 0; i < ascending.Length; i++)
        {
            long share = sum / (ascending.Length - i);
            if (ascending[i] > share) return (int)share;
            sum -= ascending[i];
        }
        return ascending[^1];
    }

    private LanguageCount Of(string language)
    {
        if (!_languages.TryGetValue(language, out LanguageCount? count)) _languages.Add(language, count = new LanguageCount());
        return count;
    }

    private sealed class LanguageCount
    {
        public WordTable Words { get; set; } = new();

        public long Bytes { get; set; }
    }
}
