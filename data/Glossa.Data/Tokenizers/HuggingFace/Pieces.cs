namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>A stretch of the text under way, or an added token that was found in it.</summary>
/// <param name="Start">First unit.</param>
/// <param name="End">Unit after the last.</param>
/// <param name="TokenId">Id of the added token; -1 for text.</param>
internal readonly record struct Piece(int Start, int End, int TokenId = -1)
{
    /// <summary>True for text that is still to be cut and encoded.</summary>
    public bool IsText => TokenId < 0;
}

/// <summary>
/// The text under way and its pieces, in order. Stages either cut the pieces further or write the text anew; old buffers
/// are kept for the next stage.
/// </summary>
internal sealed class Pieces
{
    private AlignedText _spareText = new();
    private List<Piece> _spareItems = [];

    /// <summary>The text.</summary>
    public AlignedText Text { get; private set; } = new();

    /// <summary>Its pieces.</summary>
    public List<Piece> Items { get; private set; } = [];

    /// <summary>Starts with a text of one piece.</summary>
    /// <param name="original">The text.</param>
    /// <param name="keepsPlaces">False where nobody asks where units come from.</param>
    public void Reset(ReadOnlySpan<char> original, bool keepsPlaces)
    {
        _spareText.KeepsPlaces = Text.KeepsPlaces = keepsPlaces;
        Text.Reset(original);
        Items.Clear();
        if (Text.Length > 0) Items.Add(new Piece(0, Text.Length));
    }

    /// <summary>Cuts every piece of text; pieces without a character are dropped.</summary>
    /// <param name="cut">Given the text, a piece and where to put its parts.</param>
    public void Cut(Action<AlignedText, Piece, List<Piece>> cut)
    {
        List<Piece> result = _spareItems;
        result.Clear();
        foreach (Piece piece in Items)
        {
            if (!piece.IsText)
            {
                result.Add(piece);
                continue;
            }
            int before = result.Count;
            cut(Text, piece, result);
            RemoveEmpty(result, before);
        }
        (Items, _spareItems) = (result, Items);
    }

    /// <summary>Writes every piece of text anew; pieces that become empty are dropped.</summary>
    /// <param name="write">Given the text, a piece, where to append what it becomes, and where to put the parts (in units of the new text).</param>
    public void Rewrite(Action<AlignedText, Piece, AlignedText, List<Piece>> write)
    {
        (AlignedText text, List<Piece> result) = (_spareText, _spareItems);
        text.Clear();
        result.Clear();
        foreach (Piece piece in Items)
        {
            int before = result.Count, start = text.Length;
            if (piece.IsText)
            {
                write(Text, piece, text, result);
                RemoveEmpty(result, before);
            }
            else
            {
                text.Append(Text, piece.Start, piece.End);
                result.Add(new Piece(start, text.Length, piece.TokenId));
            }
        }
        (Text, _spareText) = (text, Text);
        (Items, _spareItems) = (result, Items);
    }

    private static void RemoveEmpty(List<Piece> pieces, int from)
    {
        int kept = from;
        for (int i = from; i < pieces.Count; i++)
            if (pieces[i].End > pieces[i].Start || !pieces[i].IsText) pieces[kept++] = pieces[i];
        pieces.RemoveRange(kept, pieces.Count - kept);
    }
}
