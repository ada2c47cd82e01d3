using Glossa.Data.Corpora.Normalization;
using Glossa.Data.Tokenizers.HuggingFace.Models;

namespace Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

/// <summary>Cuts symbols that are always tokens of their own out of the text: the longest at each place, from left to right.</summary>
internal sealed class SymbolCut(TokenTrie symbols) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Apply(Pieces pieces) => pieces.Cut((text, piece, output) =>
    {
        ReadOnlySpan<char> characters = text.Characters[..piece.End];
        int copied = piece.Start;
        for (int i = piece.Start; i < piece.End;)
        {
            int id = symbols.Longest(characters[i..], out int length);
            if (id < 0)
            {
                Utf16.CodePointAt(characters, i, out length);
                i += length;
                continue;
            }
            if (i > copied) output.Add(new Piece(copied, i));
            copied = i += length;
            output.Add(new Piece(i - length, i, id));
        }
        if (copied < piece.End) output.Add(new Piece(copied, piece.End));
    });
}
