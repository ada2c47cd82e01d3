using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Data.Tokenizers.WordPiece;

namespace Glossa.Data.Tokenizers.Writing;

/// <summary>A WordPiece vocabulary in the terms of its files.</summary>
internal static class WordPieceDescription
{
    /// <summary>Describes a vocabulary.</summary>
    public static TokenizerDescription Of(WordPieceVocabulary vocabulary) => new()
    {
        AddedTokens =
        [
            .. WordPieceVocabulary.Special.Select((token, id) => new AddedToken(id, token, IsSpecial: true)),
            .. vocabulary.LanguageTags.Select((language, i) => new AddedToken(vocabulary.Tokens.Count + i, SpecialTokens.LanguageTag(language), IsSpecial: true)),
        ],
        Normalizer = new JsonObject
        {
            ["type"] = "BertNormalizer",
            ["clean_text"] = true,
            ["handle_chinese_chars"] = true,
            ["strip_accents"] = false,
            ["lowercase"] = false,
        },
        PreTokenizer = new JsonObject { ["type"] = "BertPreTokenizer" },
        PostProcessor = PostProcessor(vocabulary),
        Decoder = new JsonObject { ["type"] = "WordPiece", ["prefix"] = WordPieceVocabulary.ContinuingPrefix, ["cleanup"] = false },
        WriteModel = json => WriteModel(json, vocabulary),
        Roles =
        [
            ("pad_token", WordPieceVocabulary.Pad), ("unk_token", WordPieceVocabulary.Unknown), ("cls_token", WordPieceVocabulary.Class),
            ("sep_token", WordPieceVocabulary.Separator), ("mask_token", WordPieceVocabulary.Mask),
        ],
    };

    private static JsonObject PostProcessor(WordPieceVocabulary vocabulary)
    {
        int start = IdOf(WordPieceVocabulary.Class), end = IdOf(WordPieceVocabulary.Separator);
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Special(WordPieceVocabulary.Class, 0), Text("A", 0), Special(WordPieceVocabulary.Separator, 0)),
            ["pair"] = new JsonArray(Special(WordPieceVocabulary.Class, 0), Text("A", 0), Special(WordPieceVocabulary.Separator, 0), Text("B", 1),
                Special(WordPieceVocabulary.Separator, 1)),
            ["special_tokens"] = new JsonObject { [WordPieceVocabulary.Class] = Entry(WordPieceVocabulary.Class, start), [WordPieceVocabulary.Separator] = Entry(WordPieceVocabulary.Separator, end) },
        };

        int IdOf(string token) => vocabulary.Tokens.ToList().IndexOf(token);
    }

    private static JsonObject Special(string token, int type) => new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type } };

    private static JsonObject Text(string name, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };

    private static JsonObject Entry(string token, int id) => new() { ["id"] = token, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(token) };

    private static void WriteModel(Utf8JsonWriter json, WordPieceVocabulary vocabulary)
    {
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", WordPieceVocabulary.Unknown);
        json.WriteString("continuing_subword_prefix", WordPieceVocabulary.ContinuingPrefix);
        json.WriteNumber("max_input_chars_per_word", WordPieceVocabulary.LongestWord);
        json.WriteStartObject("vocab");
        int id = 0;
        foreach (string token in vocabulary.Tokens.Concat(vocabulary.LanguageTags.Select(SpecialTokens.LanguageTag))) json.WriteNumber(token, id++);
        json.WriteEndObject();
    }
}
