using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

public sealed class PreTokenizerTests
{
    [TestCase("Removed", "the|final|countdown")]
    [TestCase("Isolated", "the|-|final|-|-|countdown")]
    [TestCase("MergedWithPrevious", "the-|final-|-|countdown")]
    [TestCase("MergedWithNext", "the|-final|-|-countdown")]
    [TestCase("Contiguous", "the|-|final|--|countdown")]
    public void Split_Behavior_CutsSo(string behavior, string expected)
    {
        foreach (string pattern in (string[])["""{"String":"-"}""", """{"Regex":"-"}"""])
            Assert.That(Cut($$"""{"type":"Split","pattern":{{pattern}},"behavior":"{{behavior}}","invert":false}""", "the-final--countdown"), Is.EqualTo(expected));
        Assert.That(Cut($$"""{"type":"Punctuation","behavior":"{{behavior}}"}""", "the-final--countdown"), Is.EqualTo(expected));
    }

    [TestCase("""{"type":"Split","pattern":{"Regex":"\\w+|[^\\w\\s]+"},"behavior":"Removed","invert":true}""", "How are you doing?", "How|are|you|doing|?")]
    [TestCase("""{"type":"Split","pattern":{"Regex":"(?=[A-Z])"},"behavior":"Isolated"}""", "aBcD", "a|Bc|D")]
    [TestCase("""{"type":"Whitespace"}""", "Hey man! a_b 1é\u0301 ?", "Hey|man|!|a_b|1é\u0301|?")]
    [TestCase("""{"type":"WhitespaceSplit"}""", " Hey\tman!\u3000x", "Hey|man!|x")]
    [TestCase("""{"type":"BertPreTokenizer"}""", "Hey friend!     How are you?!?", "Hey|friend|!|How|are|you|?|!|?")]
    [TestCase("""{"type":"BertPreTokenizer"}""", "a+b=c«d»、e", "a|+|b|=|c|«|d|»|、|e")]
    [TestCase("""{"type":"Digits","individual_digits":false}""", "Hey 123 friend!", "Hey |123| friend!")]
    [TestCase("""{"type":"Digits","individual_digits":true}""", "Hey 12Ⅳ", "Hey |1|2|Ⅳ")]
    [TestCase("""{"type":"CharDelimiterSplit","delimiter":"-"}""", "a--b-c", "a|b|c")]
    [TestCase("""{"type":"UnicodeScripts"}""", "どこで生れ。Yes", "どこで生れ|。|Yes")]
    [TestCase("""{"type":"UnicodeScripts"}""", "Apples are りんご 林檎", "Apples are |りんご 林檎")]
    [TestCase("""{"type":"FixedLength","length":2}""", "a😀bcd", "a😀|bc|d")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", "Hey   friend!", "▁Hey|▁|▁|▁friend!")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":false}""", "Hey friend!", "▁Hey▁friend!")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", " Hey friend!", "▁Hey|▁friend!")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","add_prefix_space":true}""", "Hey", "▁Hey")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","add_prefix_space":false}""", "Hey you", "Hey|▁you")]
    [TestCase("""{"type":"ByteLevel","add_prefix_space":true}""", "Hello my\n é's", "ĠHello|Ġmy|Ċ|ĠÃ©|'s")]
    [TestCase("""{"type":"ByteLevel","add_prefix_space":false}""", "Hello there       dear", "Hello|Ġthere|ĠĠĠĠĠĠ|Ġdear")]
    [TestCase("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":false}""", "Hello my", "ĠHelloĠmy")]
    [TestCase("""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Digits","individual_digits":true}]}""", "ab 12", "ab|1|2")]
    public void Cut_Text_GivesPieces(string preTokenizer, string text, string expected) => Assert.That(Cut(preTokenizer, text), Is.EqualTo(expected));

    [TestCase("first", "▁Hey|▁my|▁friend|▁|<s>|how|▁are|▁you")]
    [TestCase("always", "▁Hey|▁my|▁friend|▁|▁<s>|▁how|▁are|▁you")]
    public void Metaspace_AfterASplit_PrependsByScheme(string scheme, string expected) => Assert.That(
        Cut($$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"<s>"},"behavior":"Isolated"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"{{scheme}}"}]}""",
            "Hey my friend <s>how▁are you"), Is.EqualTo(expected));

    [Test]
    public void ByteLevel_CharacterOfSeveralBytes_HasItsPlace()
    {
        TextTokenizer tokenizer = TokenizerOf.Parts(preTokenizer: """{"type":"ByteLevel","add_prefix_space":true}""");

        Assert.That(tokenizer.Cut("i⭢j"), Is.EqualTo(new[] { ("Ġi", 0, 1), ("âŃ¢", 1, 2), ("j", 2, 3) }));
    }

    // The patterns of GPT-4, Llama 3, Qwen 2, DeepSeek and CLIP.
    [TestCase(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", "It'S 12345 ok!\n\n  x", "It|'S| |123|45| ok|!\n\n| | x")]
    [TestCase(@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+", "we'LL 12 😀𐐀b", "we|'LL| |12| 😀|𐐀b")]
    [TestCase(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", "a12 𝟘x", "a|1|2| |𝟘|x")]
    [TestCase(@"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", "(abc) héy 𠀀𠀁!", "(abc|)| héy| 𠀀𠀁|!")]
    [TestCase(@"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", "it's 12<|endoftext|>", "it|'s| |1|2|<|endoftext|>")]
    [TestCase(@"[\u4E00-\u9FA5\p{Hiragana}]+", "aあ字b𠀀", "a|あ字|b𠀀")]
    [TestCase(@"\p{Han}+", "a字𠀀b", "a|字𠀀|b")]
    [TestCase(@"\R|[^\S\n]+|\h\z", "a \t\nb\r\nf", "a| \t|\n|b|\r\n|f")]
    [TestCase(@"^b|c$", "abc\nbcd", "ab|c|\n|b|cd")]
    [TestCase(@"[[:digit:]x-z]{2,3}+", "a12yz9", "a|12yz9")]
    public void Split_OnigurumaPattern_CutsAsOniguruma(string regex, string text, string expected)
    {
        string escaped = System.Text.Json.JsonSerializer.Serialize(regex);
        Assert.That(Cut($$"""{"type":"Split","pattern":{"Regex":{{escaped}}},"behavior":"Isolated"}""", text), Is.EqualTo(expected));
    }

    [TestCase(@"\p{Emoji}", "Emoji")]
    [TestCase(@"\X", "\\X")]
    [TestCase(@"(?x: a)", "(?x")]
    [TestCase("[\U0001F300-\U0001F5FF]", "U+FFFF")]
    [TestCase(@"(a", "not closed")]
    [TestCase(@"[a", "not closed")]
    [TestCase(@"+a", "nothing before")]
    public void Split_UnsupportedPattern_NamesIt(string regex, string named)
    {
        string escaped = System.Text.Json.JsonSerializer.Serialize(regex);
        Assert.That(() => Cut($$"""{"type":"Split","pattern":{"Regex":{{escaped}}},"behavior":"Isolated"}""", "x"),
            Throws.TypeOf<InputException>().With.Message.Contains(named).And.Message.Not.Contains("\n"));
    }

    private static string Cut(string preTokenizer, string text) =>
        string.Join('|', TokenizerOf.Parts(preTokenizer: preTokenizer).Cut(text).Select(piece => piece.Piece));
}
