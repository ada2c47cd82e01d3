using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>
/// Tokenizers in the files that stood before tokenizer.json: vocab.json with merges.txt, and vocab.txt. They are put into the form
/// of a tokenizer.json as Hugging Face's conversion does for the class that tokenizer_config.json names.
/// </summary>
internal static class ClassicFiles
{
    /// <summary>Name of byte-pair encoding's vocabulary.</summary>
    public const string VocabularyName = "vocab.json";

    /// <summary>Name of byte-pair encoding's merges, beside its vocabulary.</summary>
    public const string MergesName = "merges.txt";

    /// <summary>Name of WordPiece's vocabulary.</summary>
    public const string WordsName = "vocab.txt";

    private const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly string[] Gpt2Classes = ["PreTrainedTokenizer", "GPT2Tokenizer", "CodeGenTokenizer", "GPTNeoXTokenizer"];
    private static readonly string[] RobertaClasses = ["RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer"];
    private static readonly string[] BertClasses =
        ["PreTrainedTokenizer", "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "LxmertTokenizer", "FunnelTokenizer", "ConvBertTokenizer", "SqueezeBertTokenizer"];

    /// <summary>Reads vocab.json and the merges.txt beside it.</summary>
    public static TokenizerJson ReadBytePairs(string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!, mergesFile = Path.Combine(folder, MergesName);
        TokenizerJson vocabulary = TokenizerJson.Read(file);
        if (!File.Exists(mergesFile)) throw new InputException($"there is no {MergesName} beside {VocabularyName}", file, $"put {MergesName} into the folder");
        ClassicConfig config = ClassicConfig.Read(folder);
        string kind = config.Class ?? Gpt2Classes[0];
        bool isQwen = kind == "Qwen2Tokenizer", isRoberta = RobertaClasses.Contains(kind);
        if (!isQwen && !isRoberta && !Gpt2Classes.Contains(kind)) throw config.UnknownClass(file);
        bool prefix = config.Flag("add_prefix_space", false);
        JsonObject ids = (JsonObject)JsonNode.Parse(vocabulary.Document.GetRawText())!;
        JsonArray merges = [.. Lines(mergesFile).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal)).Select(line => (JsonNode)line)];
        JsonObject cut = ByteLevel(prefix, useRegex: !isQwen);
        return TokenizerJson.Of(file, new JsonObject
        {
            ["added_tokens"] = config.AddedTokens(token => Id(ids, token)),
            ["normalizer"] = isQwen ? new JsonObject { ["type"] = "NFC" } : null,
            ["pre_tokenizer"] = isQwen ? Sequence(new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = Qwen2 }, ["behavior"] = "Isolated", ["invert"] = false }, cut) : cut,
            ["post_processor"] = isRoberta ? Roberta(config, ids, prefix) : new JsonObject { ["type"] = "ByteLevel", ["trim_offsets"] = false },
            ["decoder"] = ByteLevel(prefix, useRegex: true),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = ids, ["merges"] = merges },
        });
    }

    /// <summary>Reads vocab.txt. Without a configuration, letters keep their case where the vocabulary has capitals.</summary>
    public static TokenizerJson ReadWords(string file)
    {
        ClassicConfig config = ClassicConfig.Read(Path.GetDirectoryName(Path.GetFullPath(file))!);
        if (config.Class is { } kind && !BertClasses.Contains(kind)) throw config.UnknownClass(file);
        string[] lines = [.. Lines(file)];
        JsonObject ids = [];
        for (int id = 0; id < lines.Length; id++) ids[lines[id]] = id;
        bool hasCapitals = lines.Any(line => !line.StartsWith('[') && line.Any(char.IsUpper));
        string unknown = config.Role("unk_token") ?? "[UNK]", start = config.Role("cls_token") ?? "[CLS]", end = config.Role("sep_token") ?? "[SEP]";
        return TokenizerJson.Of(file, new JsonObject
        {
            ["added_tokens"] = config.AddedTokens(token => Id(ids, token)),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = config.Flag("tokenize_chinese_chars", true),
                ["strip_accents"] = config.MaybeFlag("strip_accents"),
                ["lowercase"] = config.Flag("do_lower_case", config.Exists || !hasCapitals),
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = Id(ids, start) is int first && Id(ids, end) is int last
                ? new JsonObject { ["type"] = "BertProcessing", ["cls"] = new JsonArray(start, first), ["sep"] = new JsonArray(end, last) }
                : null,
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject { ["type"] = "WordPiece", ["vocab"] = ids, ["unk_token"] = unknown, ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100 },
        });
    }

    private static JsonObject Roberta(ClassicConfig config, JsonObject ids, bool prefix)
    {
        string start = config.Role("cls_token") ?? "<s>", end = config.Role("sep_token") ?? "</s>";
        return new JsonObject
        {
            ["type"] = "RobertaProcessing",
            ["cls"] = new JsonArray(start, Id(ids, start)),
            ["sep"] = new JsonArray(end, Id(ids, end)),
            ["trim_offsets"] = true,
            ["add_prefix_space"] = prefix,
        };
    }

    private static JsonObject ByteLevel(bool prefix, bool useRegex) =>
        new() { ["type"] = "ByteLevel", ["add_prefix_space"] = prefix, ["trim_offsets"] = true, ["use_regex"] = useRegex };

    private static JsonObject Sequence(params JsonNode[] steps) => new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(steps) };

    private static int? Id(JsonObject ids, string token) => ids[token] is JsonValue value && value.TryGetValue(out int id) ? id : null;

    private static IEnumerable<string> Lines(string file)
    {
        using FileStream stream = IoFailure.OpenRead(file, "vocabulary");
        using StreamReader reader = new(stream);
        string[] lines = reader.ReadToEnd().Split('\n');
        foreach (string line in lines[^1].Length == 0 ? lines[..^1] : lines) yield return line.TrimEnd('\r');
    }
}
