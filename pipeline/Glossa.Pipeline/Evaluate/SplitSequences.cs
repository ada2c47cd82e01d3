using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokens;

namespace Glossa.Pipeline.Evaluate;

/// <summary>The sequences of one split, read from a token file as they are asked for: the file has to stay open.</summary>
/// <param name="Languages">Languages that have text in the split, in the file's order.</param>
/// <param name="Sequences">Their sequences.</param>
public sealed record SplitSequences(IReadOnlyList<string> Languages, IReadOnlyList<ScoringSequence> Sequences)
{
    /// <summary>Reads a split.</summary>
    /// <exception cref="InputException">The split is empty.</exception>
    public static SplitSequences Read(TokenFile tokens, ITokenizer tokenizer, CorpusSplit split) => Read(tokens, tokenizer, split, 1);

    /// <summary>Reads at most so many of a split's texts, evenly spread over it.</summary>
    /// <exception cref="InputException">The split is empty.</exception>
    public static SplitSequences Sample(TokenFile tokens, ITokenizer tokenizer, CorpusSplit split, int most)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        int texts = Enumerable.Range(0, tokens.Languages.Count).Sum(language => tokens.Texts(language, split).Count);
        return Read(tokens, tokenizer, split, Math.Max(1, (texts + most - 1) / most));
    }

    private static SplitSequences Read(TokenFile tokens, ITokenizer tokenizer, CorpusSplit split, int step)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(tokenizer);
        TokenSequences sequences = new(tokens, tokenizer, split, step);
        if (sequences.Count == 0)
            throw new InputException($"the corpus has no {split.ToString().ToLowerInvariant()} texts to evaluate on", fix: "raise corpus.split, or choose evaluation.split");
        return new SplitSequences(sequences.Languages, sequences);
    }
}
