using System.Text.Json;
using Glossa.Data.Tokenizers.HuggingFace.PostProcessors;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>Reads the "post_processor" of a tokenizer.json.</summary>
internal static class PostProcessorReader
{
    /// <summary>Reads a post-processor; null where there is none.</summary>
    public static IPostProcessor? Read(TokenizerJson source, JsonElement part) => part.IsThere() ? ReadPart(source, part) : null;

    private static IPostProcessor ReadPart(TokenizerJson source, JsonElement part) => TokenizerJson.Type(part) switch
    {
        "Sequence" => new SequencePostProcessor([.. TokenizerJson.Items(part, "processors").Select(step => ReadPart(source, step))]),
        "TemplateProcessing" => new TemplatePostProcessor(ReadTemplate(source, part, "single"), ReadTemplate(source, part, "pair")),
        "BertProcessing" => ReadWrapping(source, part, isRoberta: false),
        "RobertaProcessing" => new SequencePostProcessor([ReadTrimmer(part), ReadWrapping(source, part, isRoberta: true)]),
        "ByteLevel" => ReadTrimmer(part),
        _ => throw source.UnsupportedPart($"the post-processor {TokenizerJson.Describe(part)}"),
    };

    private static OffsetTrimmer ReadTrimmer(JsonElement part) =>
        new(TokenizerJson.Flag(part, "trim_offsets", true), TokenizerJson.Flag(part, "add_prefix_space", true));

    private static WrappingPostProcessor ReadWrapping(TokenizerJson source, JsonElement part, bool isRoberta) =>
        new(Special(source, part, "cls"), Special(source, part, "sep"), isRoberta);

    private static TemplatePart Text(int sequence, int typeId) => new(sequence, typeId, []);

    /// <summary>A special token written as <c>["[CLS]", 101]</c>.</summary>
    private static (int Id, string Token) Special(TokenizerJson source, JsonElement part, string key)
    {
        JsonElement value = TokenizerJson.Member(part, key);
        JsonElement[] pair = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [];
        if (pair is not [{ ValueKind: JsonValueKind.String }, _]) throw source.Error($"{TokenizerJson.Describe(part)} has no \"{key}\"", "expected [\"token\", id]");
        string token = pair[0].GetString()!;
        return (source.Id(pair[1], token), token);
    }

    private static List<TemplatePart> ReadTemplate(TokenizerJson source, JsonElement part, string key)
    {
        List<TemplatePart> parts = [];
        foreach (JsonElement item in TokenizerJson.Items(part, key))
        {
            JsonElement text = TokenizerJson.Member(item, "Sequence"), special = TokenizerJson.Member(item, "SpecialToken");
            int typeId = source.Number(text.IsThere() ? text : special, "type_id", 0);
            if (text.IsThere()) parts.Add(Text(TokenizerJson.Text(text, "id") == "B" ? 1 : 0, typeId));
            else if (TokenizerJson.Text(special, "id") is { } name) parts.Add(new TemplatePart(-1, typeId, Tokens(source, part, name)));
            else throw source.Error($"the template \"{key}\" has a part that is neither text nor token", "expected {\"Sequence\": ...} or {\"SpecialToken\": ...}");
        }
        if (key == "single" && parts.Any(entry => entry.Sequence == 1)) throw source.Error("the template \"single\" names a second text", "only \"pair\" has one");
        return parts;
    }

    private static List<(int Id, string Token)> Tokens(TokenizerJson source, JsonElement part, string name)
    {
        JsonElement token = TokenizerJson.Member(TokenizerJson.Member(part, "special_tokens"), name);
        int[] ids = [.. TokenizerJson.Items(token, "ids").Select(id => source.Id(id, name))];
        string[] tokens = [.. TokenizerJson.Items(token, "tokens").Select(text => text.ValueKind == JsonValueKind.String ? text.GetString()! : name)];
        if (ids.Length == 0 || ids.Length != tokens.Length) throw source.Error($"the template names \"{name}\", which its special_tokens lack", "the file is damaged or edited by hand");
        return [.. ids.Zip(tokens)];
    }
}
