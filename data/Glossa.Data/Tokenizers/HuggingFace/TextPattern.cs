using System.Text.RegularExpressions;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>A stretch that a pattern found.</summary>
internal readonly record struct TextMatch(int Start, int End);

/// <summary>A literal text or a regular expression, as the parts of a tokenizer.json hold them. Immutable.</summary>
internal abstract class TextPattern
{
    /// <summary>All matches from left to right; none overlap.</summary>
    public abstract List<TextMatch> Matches(ReadOnlySpan<char> text);

    /// <summary>The text with every match replaced.</summary>
    public string Replace(string text, string content)
    {
        List<TextMatch> matches = Matches(text);
        if (matches.Count == 0) return text;
        System.Text.StringBuilder result = new();
        int copied = 0;
        foreach (TextMatch match in matches)
        {
            result.Append(text, copied, match.Start - copied).Append(content);
            copied = match.End;
        }
        return result.Append(text, copied, text.Length - copied).ToString();
    }
}

/// <summary>A literal text.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    /// <inheritdoc/>
    public override List<TextMatch> Matches(ReadOnlySpan<char> text)
    {
        List<TextMatch> matches = [];
        if (literal.Length == 0) return matches;
        for (int at = 0; text[at..].IndexOf(literal, StringComparison.Ordinal) is int next and >= 0; at = matches[^1].End)
            matches.Add(new TextMatch(at + next, at + next + literal.Length));
        return matches;
    }
}

/// <summary>A pattern of words that <see cref="WordPattern"/> knows: every word is a match.</summary>
internal sealed class KnownWordPattern(WordPattern words) : TextPattern
{
    /// <summary>The pattern.</summary>
    public WordPattern Words => words;

    /// <inheritdoc/>
    public override List<TextMatch> Matches(ReadOnlySpan<char> text)
    {
        List<TextMatch> matches = [];
        for (int start = 0; start < text.Length;)
        {
            int end = words.WordEnd(text, start);
            matches.Add(new TextMatch(start, end));
            start = end;
        }
        return matches;
    }
}

/// <summary>A regular expression.</summary>
internal sealed class RegexPattern : TextPattern
{
    private readonly Regex _regex;
    private readonly AstralProxies _proxies;

    /// <summary>Prepares an expression that <see cref="OnigurumaPattern"/> translated.</summary>
    public RegexPattern(string regex, AstralProxies proxies)
    {
        _regex = new Regex(regex, RegexOptions.CultureInvariant | RegexOptions.Compiled, TimeSpan.FromSeconds(30));
        _proxies = proxies;
    }

    /// <inheritdoc/>
    public override List<TextMatch> Matches(ReadOnlySpan<char> text)
    {
        if (_proxies.TryReplace(text, out string? replaced, out int[]? places)) text = replaced;
        List<TextMatch> matches = [];
        int last = -1;
        try
        {
            foreach (ValueMatch match in _regex.EnumerateMatches(text))
            {
                int end = match.Index + match.Length;
                // An empty match right behind another is none to Oniguruma.
                if (match.Length == 0 && match.Index == last) continue;
                matches.Add(places is null ? new TextMatch(match.Index, end) : new TextMatch(places[match.Index], places[end]));
                last = end;
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new WorkException("a regular expression of the tokenizer takes more than 30 seconds on one text", fix: "split the text", inner: e);
        }
        return matches;
    }
}
