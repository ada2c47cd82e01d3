using System.Collections;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokens;

namespace Glossa.Pipeline.Evaluate;

/// <summary>
/// Texts of a split as sequences, [language tag, or <c>&lt;bos&gt;</c>], text, <c>&lt;eos&gt;</c>: each read from the token file when it is asked for; the file has to stay open.
/// </summary>
internal sealed class TokenSequences : IReadOnlyList<ScoringSequence>
{
    private readonly TokenFile _tokens;
    private readonly CorpusSplit _split;
    private readonly int _step, _end;
    // Of each language that has a sequence: its number in the file, its first id, and how many texts of the split come before it.
    private readonly List<(int Language, int FirstId)> _languages = [];
    private readonly List<int> _before = [];

    /// <summary>Takes every so manieth text of a split.</summary>
    public TokenSequences(TokenFile tokens, ITokenizer tokenizer, CorpusSplit split, int step)
    {
        (_tokens, _split, _step, _end) = (tokens, split, step, tokenizer.EndId);
        int texts = 0;
        for (int language = 0; language < tokens.Languages.Count; language++)
        {
            int first = (texts + step - 1) / step, count = tokens.Texts(language, split).Count;
            if ((long)first * step < (long)texts + count)
            {
                _languages.Add((language, tokenizer.LanguageTagId(tokens.Languages[language]) ?? tokenizer.BeginId));
                _before.Add(texts);
            }
            texts += count;
        }
        Count = (texts + step - 1) / step;
    }

    /// <summary>Tags of the languages that have a sequence, in the file's order.</summary>
    public IReadOnlyList<string> Languages => [.. _languages.Select(language => _tokens.Languages[language.Language])];

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public ScoringSequence this[int index]
    {
        get
        {
            (int position, int text) = Find(index);
            int[] ids = new int[_tokens.TokenCountOf(text) + 2];
            ids[0] = _languages[position].FirstId;
            _tokens.CopyIds(_tokens.TokenOffsets[text], ids.AsSpan(1, ids.Length - 2));
            ids[^1] = _end;
            return new ScoringSequence(position, ids, _tokens.Utf8Bytes[text]);
        }
    }

    /// <summary>Number of a sequence's text in the token file.</summary>
    public int TextOf(int index) => Find(index).Text;

    /// <inheritdoc/>
    public IEnumerator<ScoringSequence> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private (int Position, int Text) Find(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        int rank = index * _step, position = _before.BinarySearch(rank);
        if (position < 0) position = ~position - 1;
        return (position, _tokens.Texts(_languages[position].Language, _split).First + rank - _before[position]);
    }
}
