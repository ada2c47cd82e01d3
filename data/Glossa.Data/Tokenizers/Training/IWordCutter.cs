namespace Glossa.Data.Tokenizers.Training;

/// <summary>Cuts text into the words that no token crosses. Implementations may be used from several threads.</summary>
internal interface IWordCutter
{
    /// <summary>Adds one to the count of every word of a text.</summary>
    void Count(string text, WordTable words);
}

/// <summary>Cuts by a pattern.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="prefix">What is put before every text that is not empty.</param>
internal sealed class PatternCutter(WordPattern pattern, string prefix = "") : IWordCutter
{
    /// <inheritdoc/>
    public void Count(string text, WordTable words)
    {
        ReadOnlySpan<char> span = prefix.Length == 0 || text.Length == 0 ? text : prefix + text;
        for (int start = 0; start < span.Length;)
        {
            int end = pattern.WordEnd(span, start);
            words.Add(span[start..end], 1);
            start = end;
        }
    }
}
