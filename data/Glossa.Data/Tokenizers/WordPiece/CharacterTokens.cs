using System.Text;
using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers.WordPiece;

/// <summary>The tokens of WordPiece: special tokens, characters that start words, characters that continue them, and what is merged from those.</summary>
internal sealed class CharacterTokens : IMergeTokens
{
    private readonly Alphabet _alphabet;
    private readonly int[] _starting;
    private readonly int[] _continuing;
    private readonly Dictionary<string, int> _byContent = new(StringComparer.Ordinal);
    private readonly List<int> _lengths = [];

    /// <summary>Gives every character of the alphabet the tokens that words need.</summary>
    public CharacterTokens(Alphabet alphabet, WordTable words)
    {
        _alphabet = alphabet;
        (_starting, _continuing) = (new int[alphabet.Count + 1], new int[alphabet.Count + 1]);
        foreach (string token in WordPieceVocabulary.Special) Add(token, 1);
        for (int symbol = 1; symbol <= alphabet.Count; symbol++) _starting[symbol] = Add(alphabet.Character(symbol).ToString(), 1);
        bool[] continues = new bool[alphabet.Count + 1];
        for (int i = 0; i < words.Count; i++)
        {
            bool isFirst = true;
            foreach (Rune rune in words.Word(i).EnumerateRunes())
            {
                if (!isFirst) continues[alphabet.Symbol(rune)] = true;
                isFirst = false;
            }
        }
        for (int symbol = 1; symbol <= alphabet.Count; symbol++)
            if (continues[symbol]) _continuing[symbol] = Add(WordPieceVocabulary.ContinuingPrefix + alphabet.Character(symbol), 1);
    }

    /// <summary>The tokens by id.</summary>
    public List<string> Tokens { get; } = [];

    /// <inheritdoc/>
    public int Count => Tokens.Count;

    /// <inheritdoc/>
    public int SymbolCount(ReadOnlySpan<char> word) => word.Length;

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<char> word, Span<int> symbols)
    {
        int count = 0;
        foreach (Rune rune in word.EnumerateRunes())
        {
            int symbol = _alphabet.Symbol(rune);
            // Such a word is one unknown token, whatever is merged in it.
            if (symbol == 0 || count == WordPieceVocabulary.LongestWord) return 0;
            symbols[count] = count == 0 ? _starting[symbol] : _continuing[symbol];
            count++;
        }
        return count;
    }

    /// <inheritdoc/>
    public int LengthOf(int id) => _lengths[id];

    /// <inheritdoc/>
    public int Join(int left, int right)
    {
        string token = Tokens[left] + Tokens[right][WordPieceVocabulary.ContinuingPrefix.Length..];
        return _byContent.TryGetValue(token, out int id) ? id : Add(token, _lengths[left] + _lengths[right]);
    }

    private int Add(string token, int length)
    {
        _byContent[token] = Tokens.Count;
        Tokens.Add(token);
        _lengths.Add(length);
        return Tokens.Count - 1;
    }
}
