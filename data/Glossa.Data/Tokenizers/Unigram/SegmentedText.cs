using System.Text;
using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>All distinct words end to end as symbols of an alphabet; a character outside it parts what stands around it.</summary>
internal sealed class SegmentedText
{
    private SegmentedText(int[] symbols, int[] starts, int[] ends, long[] weights) =>
        (Symbols, Starts, Ends, Weights) = (symbols, starts, ends, weights);

    /// <summary>Symbols; 0 after every segment.</summary>
    public int[] Symbols { get; }

    /// <summary>First symbol of each segment.</summary>
    public int[] Starts { get; }

    /// <summary>The place after each segment's last symbol.</summary>
    public int[] Ends { get; }

    /// <summary>How often each segment counts.</summary>
    public long[] Weights { get; }

    /// <summary>Lays words out.</summary>
    /// <exception cref="InputException">They are too long for one array.</exception>
    public static SegmentedText Of(WordTable words, Alphabet alphabet)
    {
        long size = 1;
        for (int i = 0; i < words.Count; i++) size += words.Word(i).Length + 1;
        if (size > Array.MaxLength / 2)
            throw new InputException("the text has more than a thousand million characters of distinct words", fix: "train the tokenizer on a sample");
        int[] symbols = new int[size];
        List<int> starts = [], ends = [];
        List<long> weights = [];
        int position = 0;
        for (int i = 0; i < words.Count; i++)
        {
            int start = position;
            foreach (Rune rune in words.Word(i).EnumerateRunes())
            {
                int symbol = alphabet.Symbol(rune);
                symbols[position++] = symbol;
                if (symbol != 0) continue;
                Close(start, position - 1, words.CountOf(i));
                start = position;
            }
            Close(start, position++, words.CountOf(i));
        }
        Array.Resize(ref symbols, position + 1);
        return new SegmentedText(symbols, [.. starts], [.. ends], [.. weights]);

        void Close(int start, int end, long weight)
        {
            if (end == start) return;
            starts.Add(start);
            ends.Add(end);
            weights.Add(weight);
        }
    }
}
