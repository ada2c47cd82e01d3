namespace Glossa.Data.Tokenizers.HuggingFace.Decoders;

/// <summary>Joins continuing pieces and puts spaces before the others.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanUp) : IDecoder
{
    private static readonly (string From, string To)[] Cleaning =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <summary>Undoes what cutting did to English: spaces before punctuation and contractions.</summary>
    public static string CleanUp(string text)
    {
        foreach ((string from, string to) in Cleaning) text = text.Replace(from, to, StringComparison.Ordinal);
        return text;
    }

    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens) => [.. tokens.Select((token, i) =>
    {
        if (i > 0) token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
        return cleanUp ? CleanUp(token) : token;
    })];
}

/// <summary>Collapses repeated outputs of a speech model (connectionist temporal classification).</summary>
internal sealed class CtcDecoder(string padToken, string wordDelimiter, bool cleanUp) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens)
    {
        List<string> texts = [];
        string? previous = null;
        foreach (string token in tokens)
        {
            bool repeated = token == previous;
            previous = token;
            if (repeated) continue;
            string text = padToken.Length == 0 ? token : token.Replace(padToken, "", StringComparison.Ordinal);
            if (cleanUp)
            {
                text = WordPieceDecoder.CleanUp(text);
                if (wordDelimiter.Length > 0) text = text.Replace(wordDelimiter, " ", StringComparison.Ordinal);
            }
            if (text.Length > 0) texts.Add(text);
        }
        return texts;
    }
}

/// <summary>Takes a character off the ends of every token.</summary>
internal sealed class StripDecoder(string content, int start, int stop) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens) => [.. tokens.Select(Strip)];

    private string Strip(string token)
    {
        for (int i = 0; i < start && token.StartsWith(content, StringComparison.Ordinal); i++) token = token[content.Length..];
        for (int i = 0; i < stop && token.EndsWith(content, StringComparison.Ordinal); i++) token = token[..^content.Length];
        return token;
    }
}
