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
    public static SplitSequences Read(TokenFile tokens, ITokenizer tokenizer, CorpusSplit split)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(tokenizer);
        Dictionary<int, int> positions = [];
        List<string> languages = [];
        List<ScoringSequence> sequences = [];
        for (int text = 0; text < tokens.TextCount; text++)
        {
            if (tokens.Splits[text] != split) continue;
            int language = tokens.LanguageIndices[text];
            if (!positions.TryGetValue(language, out int position))
            {
                positions[language] = position = languages.Count;
                languages.Add(tokens.Languages[language]);
            }
            int[] ids = new int[tokens.TokenCounts[text] + 2];
            ids[0] = tokenizer.LanguageTagId(tokens.Languages[language]) ?? tokenizer.BeginId;
            tokens.CopyIds(tokens.TokenOffsets[text], ids.AsSpan(1, ids.Length - 2));
            ids[^1] = tokenizer.EndId;
            sequences.Add(new ScoringSequence(position, ids, tokens.Utf8Bytes[text]));
        }
        if (languages.Count == 0)
            throw new InputException($"the corpus has no {split.ToString().ToLowerInvariant()} texts to evaluate on", fix: "raise corpus.split, or choose evaluation.split");
        return new SplitSequences(languages, sequences);
    }
}
