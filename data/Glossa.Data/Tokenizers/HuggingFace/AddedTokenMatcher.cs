using System.Buffers;
using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>An added token of a tokenizer.json and how it is looked for in text.</summary>
internal sealed record AddedTokenRule(int Id, string Content)
{
    /// <summary>Decoding leaves it out.</summary>
    public bool IsSpecial { get; init; }

    /// <summary>Not inside a word.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Takes white space before it along.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Takes white space after it along.</summary>
    public bool StripRight { get; init; }

    /// <summary>False for one that is never looked for: its text is text.</summary>
    public bool IsInText { get; init; } = true;

    /// <summary>Looked for in normalized text.</summary>
    public bool Normalized { get; init; }
}

/// <summary>Finds added tokens in pieces of text: leftmost first and, of those that start at one place, the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly (string Text, AddedTokenRule Rule)[] _byLength;
    private readonly SearchValues<string> _texts;

    /// <summary>Prepares tokens.</summary>
    /// <param name="tokens">Texts to look for (a token's content, or its normal form) and their tokens.</param>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedTokenRule Rule)> tokens)
    {
        _byLength = [.. tokens.Where(token => token.Text.Length > 0).OrderByDescending(token => token.Text.Length)];
        _texts = SearchValues.Create([.. _byLength.Select(token => token.Text)], StringComparison.Ordinal);
    }

    /// <summary>Cuts added tokens out of every piece of text.</summary>
    /// <param name="pieces">The pieces.</param>
    /// <param name="withSpecial">False leaves special tokens in the text.</param>
    public void Apply(Pieces pieces, bool withSpecial)
    {
        if (_byLength.Length > 0) pieces.Cut((text, piece, output) => Cut(text.Characters[..piece.End], piece, withSpecial, output));
    }

    private void Cut(ReadOnlySpan<char> text, Piece piece, bool withSpecial, List<Piece> output)
    {
        int copied = piece.Start;
        for (int search = piece.Start; text[search..].IndexOfAny(_texts) is int found and >= 0;)
        {
            int start = search + found;
            (string content, AddedTokenRule rule) = LongestAt(text[start..]);
            int end = search = start + content.Length;
            if ((rule.IsSpecial && !withSpecial) || (rule.SingleWord && IsInsideWord(text, piece.Start, start, end))) continue;
            if (rule.StripLeft)
                while (start > copied && char.IsWhiteSpace(text[start - 1])) start--;
            if (rule.StripRight)
                while (end < text.Length && char.IsWhiteSpace(text[end])) end++;
            // White space that the token before took may hold this one: it is then found again, as in the library, unless it took it all.
            if (rule.StripLeft) start = Math.Max(start, copied);
            if (start > copied) output.Add(new Piece(copied, start));
            if (end > start) output.Add(new Piece(start, end, rule.Id));
            copied = end;
        }
        if (copied < piece.End) output.Add(new Piece(copied, piece.End));
    }

    private (string Text, AddedTokenRule Rule) LongestAt(ReadOnlySpan<char> text)
    {
        foreach ((string Text, AddedTokenRule Rule) token in _byLength)
            if (text.StartsWith(token.Text, StringComparison.Ordinal)) return token;
        throw new InvalidOperationException("a search found none of its texts");
    }

    private static bool IsInsideWord(ReadOnlySpan<char> text, int from, int start, int end)
    {
        if (end < text.Length && CodePoints.IsWord(Utf16.CodePointAt(text, end, out _))) return true;
        if (start == from) return false;
        int before = start - 1 > from && char.IsSurrogatePair(text[start - 2], text[start - 1]) ? start - 2 : start - 1;
        return CodePoints.IsWord(Utf16.CodePointAt(text, before, out _));
    }
}
