using System.Text.Json;
using Glossa.Data.Corpora.Normalization;
using Glossa.Data.Tokenizers.HuggingFace.Normalizers;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>Reads the "normalizer" of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    /// <summary>Reads a normalizer; null where there is none.</summary>
    public static INormalizer? Read(TokenizerJson source, JsonElement part) => part.IsThere() ? ReadPart(source, part) : null;

    private static INormalizer ReadPart(TokenizerJson source, JsonElement part) => TokenizerJson.Type(part) switch
    {
        "Sequence" => new SequenceNormalizer([.. TokenizerJson.Items(part, "normalizers").Select(step => ReadPart(source, step))]),
        "NFC" => new UnicodeNormalizer(UnicodeForm.C),
        "NFD" => new UnicodeNormalizer(UnicodeForm.D),
        "NFKC" => new UnicodeNormalizer(UnicodeForm.KC),
        "NFKD" => new UnicodeNormalizer(UnicodeForm.KD),
        "Lowercase" => new LowercaseNormalizer(),
        "StripAccents" => new StripAccentsNormalizer(),
        "Strip" => new StripNormalizer(TokenizerJson.Flag(part, "strip_left", true), TokenizerJson.Flag(part, "strip_right", true)),
        "Replace" => new ReplaceNormalizer(source.Pattern(part), source.RequiredText(part, "content")),
        "Prepend" => new PrependNormalizer(source.RequiredText(part, "prepend")),
        "Nmt" => new NmtNormalizer(),
        "ByteLevel" => ByteLevelNormalizer.Instance,
        "BertNormalizer" => ReadBert(part),
        "Precompiled" => ReadPrecompiled(source, part),
        _ => throw source.UnsupportedPart($"the normalizer {TokenizerJson.Describe(part)}"),
    };

    private static SequenceNormalizer ReadBert(JsonElement part)
    {
        bool lowercase = TokenizerJson.Flag(part, "lowercase", true);
        List<INormalizer> steps = [];
        if (TokenizerJson.Flag(part, "clean_text", true)) steps.Add(new BertCleaner());
        if (TokenizerJson.Flag(part, "handle_chinese_chars", true)) steps.Add(new IdeographNormalizer());
        // Not said, accents go where case goes.
        if (TokenizerJson.Flag(part, "strip_accents", lowercase)) steps.AddRange([new UnicodeNormalizer(UnicodeForm.D), new NonspacingMarkNormalizer()]);
        if (lowercase) steps.Add(new LowercaseNormalizer());
        return new SequenceNormalizer(steps);
    }

    private static INormalizer ReadPrecompiled(TokenizerJson source, JsonElement part)
    {
        JsonElement map = TokenizerJson.Member(part, "precompiled_charsmap");
        if (!map.IsThere()) return new SequenceNormalizer([]);
        if (map.ValueKind != JsonValueKind.String || !map.TryGetBytesFromBase64(out byte[]? bytes))
            throw source.Error("precompiled_charsmap is no base64", "fetch or write the file again");
        return bytes.Length == 0 ? new SequenceNormalizer([]) : new PrecompiledNormalizer(bytes);
    }
}
