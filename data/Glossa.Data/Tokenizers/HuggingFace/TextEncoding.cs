namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>What a <see cref="TextTokenizer"/> makes of one text or of a pair; all lists have one entry a token.</summary>
public sealed class TextEncoding
{
    /// <summary>Ids.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Tokens as the vocabulary writes them; an unknown token of a Unigram model as the text that it stands for.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>
    /// Where each token comes from in its text, in Unicode code points (not UTF-16 units); (0, 0) for tokens that the
    /// tokenizer added. <see cref="ToUtf16"/> converts.
    /// </summary>
    public required IReadOnlyList<(int Start, int End)> Offsets { get; init; }

    /// <summary>The segment of each token: 0 or 1, as the tokenizer's template says (<c>token_type_ids</c>).</summary>
    public required IReadOnlyList<int> TypeIds { get; init; }

    /// <summary>1 for tokens that the tokenizer added around the text, 0 for those of the text.</summary>
    public required IReadOnlyList<int> SpecialTokensMask { get; init; }

    /// <summary>True where tokens were left out because of the longest length.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>Converts <see cref="Offsets"/> of tokens of <paramref name="text"/> to UTF-16 positions in it.</summary>
    public static IReadOnlyList<(int Start, int End)> ToUtf16(string text, IReadOnlyList<(int Start, int End)> offsets)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(offsets);
        List<int> places = new(text.Length + 1);
        for (int i = 0; i < text.Length; i += char.IsSurrogatePair(text, i) ? 2 : 1) places.Add(i);
        places.Add(text.Length);
        return [.. offsets.Select(offset => (places[offset.Start], places[offset.End]))];
    }
}

/// <summary>How a <see cref="TextTokenizer"/> encodes.</summary>
public sealed record TextEncodeOptions
{
    /// <summary>Puts the special tokens of the tokenizer's template around the text.</summary>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>Special tokens written out in the text (such as <c>[MASK]</c>) become their ids, as with Hugging Face's clients; false takes them as text.</summary>
    public bool RecognizeSpecialTokens { get; init; } = true;

    /// <summary>The most tokens, special ones included; null takes the tokenizer's own limit, <see cref="int.MaxValue"/> none.</summary>
    public int? MaxLength { get; init; }
}
