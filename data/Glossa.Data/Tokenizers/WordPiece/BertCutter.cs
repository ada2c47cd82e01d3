using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokenizers.HuggingFace.Normalizers;
using Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;
using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers.WordPiece;

/// <summary>Cuts text as BERT does: control characters dropped, ideographs and punctuation on their own, case and accents kept.</summary>
internal sealed class BertCutter : IWordCutter
{
    private static readonly SequenceNormalizer Normalizer = new([new BertCleaner(), new IdeographNormalizer()]);
    private static readonly BertPreTokenizer PreTokenizer = new();

    [ThreadStatic]
    private static Pieces? _pieces;

    /// <inheritdoc/>
    public void Count(string text, WordTable words)
    {
        Pieces pieces = _pieces ??= new Pieces();
        pieces.Reset(text, keepsPlaces: false);
        pieces.Rewrite((source, piece, target, output) =>
        {
            int start = target.Length;
            if (!Normalizer.TryNormalize(source, piece.Start, piece.End, target)) target.Append(source, piece.Start, piece.End);
            output.Add(new Piece(start, target.Length));
        });
        PreTokenizer.Apply(pieces);
        foreach (Piece piece in pieces.Items) words.Add(pieces.Text.Characters[piece.Start..piece.End], 1);
    }
}
