using System.Text.Json;
using Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

namespace Glossa.Data.Tokenizers.HuggingFace.Files;

/// <summary>Reads the "pre_tokenizer" of a tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    /// <summary>Reads a pre-tokenizer; null where there is none.</summary>
    public static IPreTokenizer? Read(TokenizerJson source, JsonElement part) => part.IsThere() ? ReadPart(source, part) : null;

    /// <summary>The prepend scheme of a Metaspace; older files say only whether a space is added.</summary>
    public static PrependScheme Scheme(TokenizerJson source, JsonElement part) => TokenizerJson.Text(part, "prepend_scheme") switch
    {
        null => TokenizerJson.Flag(part, "add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never,
        "always" => PrependScheme.Always,
        "first" => PrependScheme.First,
        "never" => PrependScheme.Never,
        string other => throw source.UnsupportedPart($"the prepend_scheme \"{other}\""),
    };

    private static IPreTokenizer ReadPart(TokenizerJson source, JsonElement part) => TokenizerJson.Type(part) switch
    {
        "Sequence" => new SequencePreTokenizer([.. TokenizerJson.Items(part, "pretokenizers").Select(step => ReadPart(source, step))]),
        "BertPreTokenizer" => new BertPreTokenizer(),
        "Whitespace" => new WordSplit(),
        "WhitespaceSplit" => CharacterSplit.WhiteSpace,
        "Metaspace" => new Metaspace(source.RequiredText(part, "replacement"), Scheme(source, part), TokenizerJson.Flag(part, "split", true)),
        "ByteLevel" => new ByteLevelPreTokenizer(TokenizerJson.Flag(part, "add_prefix_space", true), TokenizerJson.Flag(part, "use_regex", true)),
        "Split" => new PatternSplit(source.Pattern(part), Behavior(source, part, SplitBehavior.Isolated), TokenizerJson.Flag(part, "invert", false)),
        "Punctuation" => new CharacterSplit(CodePoints.IsPunctuation, Behavior(source, part, SplitBehavior.Isolated)),
        "Digits" => new CharacterSplit(CodePoints.IsNumeric, TokenizerJson.Flag(part, "individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "CharDelimiterSplit" => new PatternSplit(new LiteralPattern(source.RequiredText(part, "delimiter")), SplitBehavior.Removed, invert: false),
        "UnicodeScripts" => new ScriptSplit(),
        "FixedLength" => new FixedLengthSplit(Math.Max(1, source.Number(part, "length", 5))),
        _ => throw source.UnsupportedPart($"the pre-tokenizer {TokenizerJson.Describe(part)}"),
    };

    private static SplitBehavior Behavior(TokenizerJson source, JsonElement part, SplitBehavior otherwise) => TokenizerJson.Text(part, "behavior") switch
    {
        null => otherwise,
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        string other => throw source.UnsupportedPart($"the behavior \"{other}\""),
    };
}
