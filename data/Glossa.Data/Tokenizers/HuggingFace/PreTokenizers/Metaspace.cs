namespace Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

/// <summary>Before which pieces <see cref="Metaspace"/> puts its sign.</summary>
internal enum PrependScheme
{
    /// <summary>Before every piece of text.</summary>
    Always,

    /// <summary>Before the one that starts the text.</summary>
    First,

    /// <summary>Before none.</summary>
    Never,
}

/// <summary>Writes spaces as a visible sign, puts one before the text, and cuts before every sign.</summary>
internal sealed class Metaspace(string sign, PrependScheme prepend, bool split) : IPreTokenizer
{
    /// <inheritdoc/>
    public bool NeedsPlaces => prepend == PrependScheme.First;

    /// <inheritdoc/>
    public void Apply(Pieces pieces) => pieces.Rewrite(Write);

    private void Write(AlignedText text, Piece piece, AlignedText target, List<Piece> output)
    {
        ReadOnlySpan<char> characters = text.Characters[piece.Start..piece.End];
        bool isSigned = characters[0] == ' ' || characters.StartsWith(sign, StringComparison.Ordinal);
        bool prepends = prepend == PrependScheme.Always || (prepend == PrependScheme.First && text.StartOf(piece.Start) == 0);
        int start = target.Length;
        if (prepends && !isSigned) target.Append(sign, text, piece.Start);
        for (int at = 0; at < characters.Length;)
        {
            int space = characters[at..].IndexOf(' ');
            int end = space < 0 ? characters.Length : at + space;
            target.Append(text, piece.Start + at, piece.Start + end);
            if (space >= 0) target.Append(sign, text, piece.Start + end);
            at = end + 1;
        }
        if (!split)
        {
            output.Add(new Piece(start, target.Length));
            return;
        }
        ReadOnlySpan<char> written = target.Characters;
        while (start < written.Length)
        {
            int next = written[(start + 1)..].IndexOf(sign, StringComparison.Ordinal);
            int end = next < 0 ? written.Length : start + 1 + next;
            output.Add(new Piece(start, end));
            start = end;
        }
    }
}
