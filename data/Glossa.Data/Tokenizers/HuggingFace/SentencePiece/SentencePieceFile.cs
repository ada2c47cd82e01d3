using Glossa.Data.Tokenizers.HuggingFace.Decoders;
using Glossa.Data.Tokenizers.HuggingFace.Models;
using Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

namespace Glossa.Data.Tokenizers.HuggingFace.SentencePiece;

/// <summary>Reads a sentencepiece <c>.model</c> file. Special tokens written out in a text are text, and none are added.</summary>
internal static class SentencePieceFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or of a kind that is not supported.</exception>
    public static TokenizerParts Read(string file)
    {
        byte[] bytes;
        using (FileStream stream = IoFailure.OpenRead(file, "sentencepiece model"))
        {
            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        }
        try
        {
            return Read(SentencePieceProto.Parse(bytes)) with { ContentHash = ContentHash.OfFile(file) };
        }
        catch (FormatException e)
        {
            throw new InputException(e.Message, file, "Unigram and BPE models of sentencepiece are read");
        }
    }

    private static TokenizerParts Read(SentencePieceProto proto)
    {
        if (proto.Pieces.Any(piece => piece.Kind == PieceKind.UserDefined)) throw new FormatException("a sentencepiece model with user-defined symbols is not supported");
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < proto.Pieces.Count; id++) ids[proto.Pieces[id].Text] = id;
        ModelVocabulary vocabulary = new(ids);
        Dictionary<string, int> inText = ids.Where(entry => proto.Pieces[entry.Value].Kind == PieceKind.Normal).ToDictionary(StringComparer.Ordinal);
        int unknown = proto.Pieces.FindIndex(piece => piece.Kind == PieceKind.Unknown);
        ITokenModel model = proto.ModelType switch
        {
            1 => new UnigramModel(vocabulary, [.. proto.Pieces.Select(piece => (double)piece.Score)], unknown, proto.ByteFallback, inText,
                inText.Values.Select(id => (double)proto.Pieces[id].Score).DefaultIfEmpty().Min(), isSingle: true),
            2 => new BytePairModel(vocabulary, Merges(proto, inText), new BytePairOptions { Unknown = unknown, FuseUnknown = true, ByteFallback = proto.ByteFallback }),
            _ => throw new FormatException($"a sentencepiece model of type {proto.ModelType} is not supported"),
        };
        bool wordsApart = !proto.SpaceIsSuffix && inText.Keys.All(piece => piece.LastIndexOf(SentencePieceNormalizer.SpaceSign) <= 0);
        string sign = SentencePieceNormalizer.SpaceSign.ToString();
        return new TokenizerParts
        {
            Model = model,
            Normalizer = new SentencePieceNormalizer(proto),
            PreTokenizer = wordsApart ? new Metaspace(sign, PrependScheme.Never, split: true) : null,
            Decoder = new SequenceDecoder(
            [
                new TokenDecoder((_, token) => unknown >= 0 && token == proto.Pieces[unknown].Text ? " \u2047 " : token.Replace(sign, " ", StringComparison.Ordinal)),
                new ByteFallbackDecoder(), new FuseDecoder(), new StripDecoder(" ", proto.AddsPrefix ? 1 : 0, 0),
            ]),
            AddedTokens = [.. proto.Pieces.Select((piece, id) => (piece, id)).Where(entry => entry.piece.Kind == PieceKind.Control)
                .Select(entry => new AddedTokenRule(entry.id, entry.piece.Text) { IsSpecial = true, IsInText = false })],
            Roles = new TokenRoles(vocabulary.Id("<s>"), vocabulary.Id("</s>"), vocabulary.Id("<pad>"), unknown, -1, -1, -1),
            ContentHash = "",
        };
    }

    /// <summary>Every way to join two pieces into one, the best scores first.</summary>
    private static BpeMerge[] Merges(SentencePieceProto proto, Dictionary<string, int> inText)
    {
        List<BpeMerge> merges = [];
        foreach ((string piece, int id) in inText.OrderByDescending(entry => proto.Pieces[entry.Value].Score).ThenBy(entry => entry.Value))
            for (int at = 1; at < piece.Length; at++)
                if (inText.TryGetValue(piece[..at], out int left) && inText.TryGetValue(piece[at..], out int right)) merges.Add(new BpeMerge(left, right, id));
        return [.. merges];
    }
}
