using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokens;

namespace Glossa.Pipeline.Evaluate;

/// <summary>The sequences of one split, read from a token file.</summary>
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
        int texts = 0;
        for (int text = 0; text < tokens.TextCount; text++)
        {
            if (tokens.Splits[text] == split) texts++;
        }
        return Read(tokens, tokenizer, split, Math.Max(1, (texts + most - 1) / most));
    }

    /// <summary>One text as a model sees it: [language tag, or <c>&lt;bos&gt;</c>], text, <c>&lt;eos&gt;</c>.</summary>
    internal static int[] Ids(TokenFile tokens, ITokenizer tokenizer, int text)
    {
        int[] ids = new int[tokens.TokenCounts[text] + 2];
        ids[0] = tokenizer.LanguageTagId(tokens.Languages[tokens.LanguageIndices[text]]) ?? tokenizer.BeginId;
        tokens.CopyIds(tokens.TokenOffsets[text], ids.AsSpan(1, ids.Length - 2));
        ids[^1] = tokenizer.EndId;
        return ids;
    }

    private static SplitSequences Read(TokenFile tokens, ITokenizer tokenizer, CorpusSplit split, int step)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(tokenizer);
        int seen = 0;
        Dictionary<int, int> positions = [];
        List<string> languages = [];
        List<ScoringSequence> sequences = [];
        for (int text = 0; text < tokens.TextCount; text++)
        {
            if (tokens.Splits[text] != split || seen++ % step != 0) continue;
            int language = tokens.LanguageIndices[text];
            if (!positions.TryGetValue(language, out int position))
            {
                positions[language] = position = languages.Count;
                languages.Add(tokens.Languages[language]);
            }
            sequences.Add(new ScoringSequence(position, Ids(tokens, tokenizer, text), tokens.Utf8Bytes[text]));
        }
        if (languages.Count == 0)
            throw new InputException($"the corpus has no {split.ToString().ToLowerInvariant()} texts to evaluate on", fix: "raise corpus.split, or choose evaluation.split");
        return new SplitSequences(languages, sequences);
    }
}
