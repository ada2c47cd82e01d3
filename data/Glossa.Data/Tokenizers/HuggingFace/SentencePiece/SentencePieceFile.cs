using System.Text;
using Glossa.Data.Tokenizers.HuggingFace.Decoders;
using Glossa.Data.Tokenizers.HuggingFace.Models;
using Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

namespace Glossa.Data.Tokenizers.HuggingFace.SentencePiece;

/// <summary>Reads a sentencepiece <c>.model</c> file. Special tokens written out in a text are text, and none are added.</summary>
internal static class SentencePieceFile
{
    // The start of sentencepiece's search for the highest score: as scores are negative, it is what remains.
    private const double SmallestFloat = 1.17549435e-38;

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
            throw new InputException(e.Message, file, "Unigram, BPE and character models of sentencepiece are read");
        }
    }

    private static TokenizerParts Read(SentencePieceProto proto)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < proto.Pieces.Count; id++) ids[proto.Pieces[id].Text] = id;
        ModelVocabulary vocabulary = new(ids);
        Dictionary<string, int> inText = ids.Where(entry => proto.Pieces[entry.Value].Kind == PieceKind.Normal).ToDictionary(StringComparer.Ordinal);
        KeyValuePair<string, int>[] symbols = [.. ids.Where(entry => proto.Pieces[entry.Value].Kind == PieceKind.UserDefined && entry.Key.Length > 0)];
        TokenTrie? symbolTrie = symbols.Length == 0 ? null : new TokenTrie(symbols);
        int unknown = proto.Pieces.FindIndex(piece => piece.Kind == PieceKind.Unknown);
        ITokenModel model = proto.ModelType switch
        {
            1 => ReadUnigram(proto, vocabulary, inText, symbols, unknown),
            2 => new BytePairModel(vocabulary, Merges(proto, inText), new BytePairOptions { Unknown = unknown, FuseUnknown = true, ByteFallback = proto.ByteFallback }),
            4 => new BytePairModel(vocabulary, [], new BytePairOptions { Unknown = unknown, FuseUnknown = true }),
            _ => throw new FormatException($"a sentencepiece model of type {proto.ModelType} is not supported"),
        };
        bool wordsApart = !proto.SpaceIsSuffix && inText.Keys.Concat(symbols.Select(symbol => symbol.Key)).All(piece => piece.LastIndexOf(SentencePieceNormalizer.SpaceSign) <= 0);
        string sign = SentencePieceNormalizer.SpaceSign.ToString();
        IPreTokenizer[] cuts =
        [
            // A Unigram model weighs symbols against other ways to cut; elsewhere they are cut out first.
            .. symbolTrie is not null && proto.ModelType != 1 ? (IPreTokenizer[])[new SymbolCut(symbolTrie)] : [],
            .. wordsApart ? (IPreTokenizer[])[new Metaspace(sign, PrependScheme.Never, split: true)] : [],
        ];
        return new TokenizerParts
        {
            Model = model,
            Normalizer = new SentencePieceNormalizer(proto, symbolTrie),
            PreTokenizer = cuts.Length == 0 ? null : new SequencePreTokenizer(cuts),
            Decoder = new SequenceDecoder([new SentencePieceDecoder(proto), new ByteFallbackDecoder(), new FuseDecoder()]),
            AddedTokens = [.. proto.Pieces.Select((piece, id) => (piece, id)).Where(entry => entry.piece.Kind == PieceKind.Control)
                .Select(entry => new AddedTokenRule(entry.id, entry.piece.Text) { IsSpecial = true, IsInText = false })],
            Roles = new TokenRoles(vocabulary.Id("<s>"), vocabulary.Id("</s>"), vocabulary.Id("<pad>"), unknown, -1, -1, -1),
            ContentHash = "",
        };
    }

    /// <summary>A user-defined symbol gets a score that the best pieces of its length hardly reach.</summary>
    private static UnigramModel ReadUnigram(SentencePieceProto proto, ModelVocabulary vocabulary, Dictionary<string, int> inText, KeyValuePair<string, int>[] symbols, int unknown)
    {
        double[] normal = [.. inText.Values.Select(id => (double)proto.Pieces[id].Score)];
        double[] scores = [.. proto.Pieces.Select(piece => (double)piece.Score)];
        float highest = (float)normal.Append(SmallestFloat).Max();
        foreach ((string symbol, int id) in symbols) scores[id] = (Encoding.UTF8.GetByteCount(symbol) * highest) - 0.1;
        return new UnigramModel(vocabulary, scores, unknown, proto.ByteFallback, inText.Concat(symbols).ToDictionary(StringComparer.Ordinal), normal.DefaultIfEmpty().Min(), isSingle: true);
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
