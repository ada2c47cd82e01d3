namespace Glossa.Data.Tokenizers.HuggingFace.PostProcessors;

/// <summary>Takes the white space that byte-level tokens start or end with out of their ranges.</summary>
/// <param name="trim">False leaves them as they are.</param>
/// <param name="addPrefixSpace">Whether the first token's space was added by the pre-tokenizer, so that it has no place in the text.</param>
internal sealed class OffsetTrimmer(bool trim, bool addPrefixSpace) : IPostProcessor
{
    private static readonly char Space = ByteAlphabet.Character((byte)' ');

    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => 0;

    /// <inheritdoc/>
    public List<List<EncodedToken>> Process(List<List<EncodedToken>> sequences, bool addSpecialTokens)
    {
        if (!trim) return sequences;
        foreach (List<EncodedToken> sequence in sequences)
            for (int i = 0; i < sequence.Count; i++) sequence[i] = Trim(sequence[i], isFirst: i == 0 || sequence[i].Start == 0);
        return sequences;
    }

    private EncodedToken Trim(EncodedToken token, bool isFirst)
    {
        int leading = token.Token.TakeWhile(IsSpace).Count(), trailing = token.Token.Reverse().TakeWhile(IsSpace).Count();
        (int start, int end) = (token.Start, token.End);
        if (leading == 1 && isFirst && addPrefixSpace) leading = 0;
        start = Math.Min(start + leading, end);
        if (trailing > 0 && end >= trailing) end = Math.Max(end - trailing, start);
        return token with { Start = start, End = end };
    }

    private static bool IsSpace(char c) => c == Space || char.IsWhiteSpace(c);
}
