using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Data.Tokenizers.Unigram;

namespace Glossa.Data.Tokenizers.Writing;

/// <summary>A Unigram vocabulary in the terms of its files.</summary>
internal static class UnigramDescription
{
    /// <summary>What stands before every text.</summary>
    public const string Prefix = " ";

    /// <summary>Describes a vocabulary.</summary>
    public static TokenizerDescription Of(UnigramVocabulary vocabulary)
    {
        int tags = vocabulary.TextVocabularySize;
        return new TokenizerDescription
        {
            AddedTokens =
            [
                .. SpecialTokens.All.Select((token, id) => new AddedToken(id, token, IsSpecial: true)),
                new AddedToken(UnigramVocabulary.UnknownId, UnigramVocabulary.Unknown, IsSpecial: true),
                .. vocabulary.LanguageTags.Select((language, i) => new AddedToken(tags + i, SpecialTokens.LanguageTag(language), IsSpecial: true)),
            ],
            Normalizer = new JsonObject { ["type"] = "Prepend", ["prepend"] = Prefix },
            PreTokenizer = JsonPart.Split(vocabulary.Pattern),
            Decoder = JsonPart.Sequence("decoders",
                new JsonObject { ["type"] = "ByteFallback" },
                new JsonObject { ["type"] = "Fuse" },
                new JsonObject { ["type"] = "Strip", ["content"] = Prefix, ["start"] = 1, ["stop"] = 0 }),
            WriteModel = json => WriteModel(json, vocabulary),
            Roles = [("bos_token", SpecialTokens.Begin), ("eos_token", SpecialTokens.End), ("pad_token", SpecialTokens.Pad), ("unk_token", UnigramVocabulary.Unknown)],
        };
    }

    private static void WriteModel(Utf8JsonWriter json, UnigramVocabulary vocabulary)
    {
        json.WriteString("type", "Unigram");
        json.WriteNumber("unk_id", UnigramVocabulary.UnknownId);
        json.WriteBoolean("byte_fallback", true);
        json.WriteStartArray("vocab");
        foreach (string token in SpecialTokens.All) Write(token, 0);
        Write(UnigramVocabulary.Unknown, 0);
        for (int b = 0; b < 256; b++) Write(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), 0);
        foreach (UnigramPiece piece in vocabulary.Pieces) Write(piece.Token, piece.Score);
        foreach (string language in vocabulary.LanguageTags) Write(SpecialTokens.LanguageTag(language), 0);
        json.WriteEndArray();

        void Write(string token, double score)
        {
            json.WriteStartArray();
            json.WriteStringValue(token);
            json.WriteNumberValue(score);
            json.WriteEndArray();
        }
    }
}
