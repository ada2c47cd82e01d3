using System.Text;
using Glossa.Data.Tokenizers.HuggingFace.Decoders;

namespace Glossa.Data.Tokenizers.HuggingFace.SentencePiece;

/// <summary>
/// sentencepiece's decoding of pieces: signs become spaces, those that encoding put before the text go, and unknown text is
/// written as U+2047. Byte pieces stay for <see cref="ByteFallbackDecoder"/>.
/// </summary>
internal sealed class SentencePieceDecoder(SentencePieceProto proto) : IDecoder
{
    private readonly string? _unknown = proto.Pieces.Where(piece => piece.Kind == PieceKind.Unknown).Select(piece => piece.Text).FirstOrDefault();
    private readonly HashSet<string> _bytes = [.. proto.Pieces.Where(piece => piece.Kind == PieceKind.Byte).Select(piece => piece.Text)];

    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens)
    {
        List<string> texts = new(tokens.Count);
        bool atStart = proto.AddsPrefix || proto.RemovesSpaces;
        foreach (string token in tokens)
        {
            bool isText = token != _unknown && !_bytes.Contains(token), drops = atStart && isText && token.StartsWith(SentencePieceNormalizer.SpaceSign);
            string text = token == _unknown ? " \u2047 " : isText ? token[(drops ? 1 : 0)..].Replace(SentencePieceNormalizer.SpaceSign, ' ') : token;
            // Where extra spaces were removed, none can be at the start; otherwise only the first was added.
            if (text.Length > 0 || (drops && !proto.RemovesSpaces)) atStart = false;
            texts.Add(text);
        }
        return texts;
    }
}
