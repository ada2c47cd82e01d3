namespace Glossa.Data.Tokenizers;

/// <summary>The tokens of a trainer that merges: what words are made of at first, and what two tokens become.</summary>
internal interface IMergeTokens
{
    /// <summary>Number of ids.</summary>
    int Count { get; }

    /// <summary>The most symbols that a word can have.</summary>
    int SymbolCount(ReadOnlySpan<char> word);

    /// <summary>Writes the ids of a word's symbols and returns their number: 0 for a word that is not to be learned from.</summary>
    int Write(ReadOnlySpan<char> word, Span<int> symbols);

    /// <summary>How many symbols a token is made of.</summary>
    int LengthOf(int id);

    /// <summary>The token that two neighbours become; the same text reached by other merges keeps its one id.</summary>
    int Join(int left, int right);
}
