using System.Text;

namespace Glossa.Data.Tokenizers.Training;

/// <summary>The characters that a vocabulary of characters holds, numbered from 1 by code point; 0 is any other.</summary>
internal sealed class Alphabet
{
    private const int CodePointCount = 0x110000;

    private readonly int[] _symbols = new int[CodePointCount];
    private readonly int[] _codePoints;

    private Alphabet(IEnumerable<int> codePoints)
    {
        _codePoints = [0, .. codePoints.Order()];
        for (int symbol = 1; symbol < _codePoints.Length; symbol++) _symbols[_codePoints[symbol]] = symbol;
    }

    /// <summary>Number of characters.</summary>
    public int Count => _codePoints.Length - 1;

    /// <summary>The commonest characters of words; of equals, those of lower code points.</summary>
    /// <param name="words">The words.</param>
    /// <param name="coverage">Which share of all characters they have to make up.</param>
    /// <param name="most">How many they may be.</param>
    public static Alphabet Of(WordTable words, double coverage, int most)
    {
        Int128[] counts = new Int128[CodePointCount];
        for (int i = 0; i < words.Count; i++)
        {
            long count = words.CountOf(i);
            foreach (Rune rune in words.Word(i).EnumerateRunes()) counts[rune.Value] += count;
        }
        int[] ranked = [.. Enumerable.Range(0, CodePointCount).Where(codePoint => counts[codePoint] > 0)
            .OrderByDescending(codePoint => counts[codePoint]).ThenBy(codePoint => codePoint)];
        double wanted = coverage * counts.Sum(count => (double)count);
        int kept = 0;
        for (double sum = 0; kept < ranked.Length && kept < most && (sum < wanted || coverage >= 1); kept++) sum += (double)counts[ranked[kept]];
        return new Alphabet(ranked.Take(kept));
    }

    /// <summary>The number of a character, or 0.</summary>
    public int Symbol(Rune character) => _symbols[character.Value];

    /// <summary>The character of a number above 0.</summary>
    public Rune Character(int symbol) => new(_codePoints[symbol]);
}
