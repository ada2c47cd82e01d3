namespace Glossa.Data.Tokenizers.HuggingFace.Decoders;

/// <summary>Turns tokens as they are written into text. Implementations are immutable.</summary>
internal interface IDecoder
{
    /// <summary>The texts that the tokens stand for; joined, they are the whole.</summary>
    List<string> Decode(List<string> tokens);
}

/// <summary>Decoders one after the other.</summary>
internal sealed class SequenceDecoder(IReadOnlyList<IDecoder> steps) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens) => steps.Aggregate(tokens, (texts, step) => step.Decode(texts));
}

/// <summary>A decoder that looks at one token at a time.</summary>
/// <param name="decode">Given the token's place and the token, its text.</param>
internal sealed class TokenDecoder(Func<int, string, string> decode) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens) => [.. tokens.Select((token, i) => decode(i, token))];
}

/// <summary>Joins all into one.</summary>
internal sealed class FuseDecoder : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens) => [string.Concat(tokens)];
}

/// <summary>Joins the tokens of original BPE, whose words end in a suffix.</summary>
internal sealed class WordSuffixDecoder(string suffix) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens) => suffix.Length == 0
        ? tokens
        : [.. tokens.Select((token, i) => token.Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal))];
}
