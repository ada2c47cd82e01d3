namespace Glossa.Data.Tokenizers;

/// <summary>The tokens that the trained tokenizers carry beside bytes and merges, and how they are written.</summary>
public static class SpecialTokens
{
    /// <summary>Fills rows of unequal length; id 0.</summary>
    public const string Pad = "<pad>";

    /// <summary>Starts a text that has no language tag; id 1.</summary>
    public const string Begin = "<bos>";

    /// <summary>Ends a text; id 2.</summary>
    public const string End = "<eos>";

    private const string TagStart = "<lang:";
    private const string TagEnd = ">";

    /// <summary>The special tokens in the order of their ids, from 0.</summary>
    public static IReadOnlyList<string> All { get; } = [Pad, Begin, End];

    /// <summary>The tag token of a language, such as <c>&lt;lang:de&gt;</c>.</summary>
    public static string LanguageTag(string language) => TagStart + language + TagEnd;

    /// <summary>The language of a tag token, or null where <paramref name="token"/> is no tag.</summary>
    public static string? LanguageOfTag(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return token.Length > TagStart.Length + TagEnd.Length
            && token.StartsWith(TagStart, StringComparison.Ordinal) && token.EndsWith(TagEnd, StringComparison.Ordinal)
            ? token[TagStart.Length..^TagEnd.Length]
            : null;
    }
}
