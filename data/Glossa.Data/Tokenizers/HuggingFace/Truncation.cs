using Glossa.Data.Tokenizers.HuggingFace.PostProcessors;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>Which text of a pair loses tokens.</summary>
internal enum TruncationStrategy
{
    /// <summary>The longer one, until both are alike.</summary>
    LongestFirst,

    /// <summary>The first.</summary>
    OnlyFirst,

    /// <summary>The second.</summary>
    OnlySecond,
}

/// <summary>How encoded texts are cut to a length.</summary>
/// <param name="MaxLength">The most tokens.</param>
/// <param name="Strategy">Which text of a pair loses.</param>
/// <param name="FromLeft">The first tokens go instead of the last.</param>
internal sealed record Truncation(int MaxLength, TruncationStrategy Strategy = TruncationStrategy.LongestFirst, bool FromLeft = false)
{
    /// <summary>Cuts one text or a pair so that <paramref name="added"/> special tokens still fit.</summary>
    /// <returns>True where tokens were dropped.</returns>
    /// <exception cref="InputException">The length has no room for the special tokens, or the text that may be cut is too short.</exception>
    public bool Apply(List<List<EncodedToken>> sequences, int added)
    {
        int most = MaxLength - added, total = sequences.Sum(sequence => sequence.Count);
        if (most < 0) throw new InputException($"a longest length of {MaxLength} has no room for the {added} special tokens of the tokenizer", fix: $"give at least {added + 1}");
        if (total <= most) return false;
        if (most == 0)
        {
            foreach (List<EncodedToken> sequence in sequences) sequence.Clear();
        }
        else if (sequences.Count == 1)
        {
            if (Strategy == TruncationStrategy.OnlySecond) throw new InputException("the tokenizer cuts the second text of a pair and there is none", fix: "give a longest length");
            Cut(sequences[0], most);
        }
        else if (Strategy == TruncationStrategy.LongestFirst)
        {
            (int first, int second) = Shares(sequences[0].Count, sequences[1].Count, most);
            Cut(sequences[0], first);
            Cut(sequences[1], second);
        }
        else
        {
            List<EncodedToken> target = sequences[Strategy == TruncationStrategy.OnlyFirst ? 0 : 1];
            if (target.Count <= total - most) throw new InputException($"a pair of {total} tokens cannot be cut to {most} by one of its texts alone", fix: "give a larger length");
            Cut(target, target.Count - (total - most));
        }
        return true;
    }

    private static (int First, int Second) Shares(int first, int second, int most)
    {
        bool swap = first > second;
        (int shorter, int longer) = swap ? (second, first) : (first, second);
        longer = shorter > most ? shorter : Math.Max(shorter, most - shorter);
        if (shorter + longer > most) (shorter, longer) = (most / 2, (most / 2) + (most % 2));
        return swap ? (longer, shorter) : (shorter, longer);
    }

    private void Cut(List<EncodedToken> sequence, int length)
    {
        int excess = sequence.Count - length;
        if (excess > 0) sequence.RemoveRange(FromLeft ? 0 : length, excess);
    }
}
