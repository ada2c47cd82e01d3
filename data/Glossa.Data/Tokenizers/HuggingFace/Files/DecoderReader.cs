using System.Text;
using System.Text.Json;
using Glossa.Data.Tokenizers.HuggingFace.Decoders;
using Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>Reads the "decoder" of a tokenizer.json.</summary>
internal static class DecoderReader
{
    /// <summary>Reads a decoder; null where there is none.</summary>
    public static IDecoder? Read(TokenizerJson source, JsonElement part) => part.IsThere() ? ReadPart(source, part) : null;

    private static IDecoder ReadPart(TokenizerJson source, JsonElement part) => TokenizerJson.Type(part) switch
    {
        "Sequence" => new SequenceDecoder([.. TokenizerJson.Items(part, "decoders").Select(step => ReadPart(source, step))]),
        "ByteLevel" => new ByteLevelDecoder(),
        "WordPiece" => new WordPieceDecoder(TokenizerJson.Text(part, "prefix") ?? "##", TokenizerJson.Flag(part, "cleanup", true)),
        "Metaspace" => ReadMetaspace(source, part),
        "BPEDecoder" => new WordSuffixDecoder(TokenizerJson.Text(part, "suffix") ?? "</w>"),
        "Replace" => ReadReplace(source, part),
        "Fuse" => new FuseDecoder(),
        "Strip" => ReadStrip(source, part),
        "ByteFallback" => new ByteFallbackDecoder(),
        "CTC" => new CtcDecoder(TokenizerJson.Text(part, "pad_token") ?? "<pad>", TokenizerJson.Text(part, "word_delimiter_token") ?? "|", TokenizerJson.Flag(part, "cleanup", true)),
        _ => throw source.UnsupportedPart($"the decoder {TokenizerJson.Describe(part)}"),
    };

    private static TokenDecoder ReadMetaspace(TokenizerJson source, JsonElement part)
    {
        string sign = source.RequiredText(part, "replacement");
        bool dropsFirst = PreTokenizerReader.Scheme(source, part) != PrependScheme.Never;
        return new TokenDecoder((place, token) => sign.Length == 0 ? token : token.Replace(sign, place == 0 && dropsFirst ? "" : " ", StringComparison.Ordinal));
    }

    private static TokenDecoder ReadReplace(TokenizerJson source, JsonElement part)
    {
        TextPattern pattern = source.Pattern(part);
        string content = source.RequiredText(part, "content");
        return new TokenDecoder((_, token) => pattern.Replace(token, content));
    }

    private static StripDecoder ReadStrip(TokenizerJson source, JsonElement part)
    {
        string content = source.RequiredText(part, "content");
        if (content.EnumerateRunes().Count() != 1) throw source.Error($"the decoder \"Strip\" has the content \"{content}\"", "expected one character");
        return new StripDecoder(content, source.Number(part, "start", 0), source.Number(part, "stop", 0));
    }
}
