using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

public sealed class ModelTests
{
    private const string Unrelated = """
        ,"merges":["r e","a t","e d","u n","at ed","re l","rel ated","un related"]
        """;

    private static readonly string[] UnrelatedTokens = ["u", "n", "r", "e", "l", "a", "t", "d", "re", "at", "ed", "un", "ated", "rel", "related", "unrelated"];

    [TestCase("unrelated", "unrelated")]
    [TestCase("related", "related")]
    [TestCase("unrel", "un|rel")]
    public void Bpe_Merges_ByRank(string text, string expected) =>
        Assert.That(Tokens(TokenizerOf.Model("BPE", Unrelated, UnrelatedTokens), text), Is.EqualTo(expected));

    [TestCase("false", "accb", "a:0-1|<unk>:1-2|<unk>:2-3|b:3-4")]
    [TestCase("true", "accb", "a:0-1|<unk>:1-3|b:3-4")]
    [TestCase("true", "cc", "<unk>:0-2")]
    public void Bpe_UnknownCharacters_AreFusedOrNot(string fuse, string text, string expected) => Assert.That(
        TokensWithPlaces(TokenizerOf.Model("BPE", $$""","merges":[],"unk_token":"<unk>","fuse_unk":{{fuse}}""", "<unk>", "a", "b"), text), Is.EqualTo(expected));

    [Test]
    public void Bpe_UnknownCharacterWithoutUnknownToken_IsDropped() => Assert.That(Tokens(TokenizerOf.Model("BPE", ""","merges":[]""", "a", "b"), "acb"), Is.EqualTo("a|b"));

    [Test]
    public void Bpe_ByteFallback_WritesBytesWhereAllAreThere()
    {
        string[] bytes = [.. "é\n"u8.ToArray().Select(b => $"<0x{b:X2}>")];
        string model = TokenizerOf.Model("BPE", ""","merges":[],"unk_token":"<unk>","byte_fallback":true""", ["<unk>", "a", .. bytes]);
        Assert.That(TokensWithPlaces(model, "aé\n字"), Is.EqualTo("a:0-1|<0xC3>:1-2|<0xA9>:1-2|<0x0A>:2-3|<unk>:3-4"));
    }

    [TestCase("true", "abc")]
    [TestCase("false", "ab|c")]
    public void Bpe_IgnoreMerges_TakesWholeWords(string ignore, string expected) => Assert.That(
        Tokens(TokenizerOf.Model("BPE", $$""","merges":[["a","b"]],"ignore_merges":{{ignore}}""", "a", "b", "c", "ab", "abc"), "abc"), Is.EqualTo(expected));

    [Test]
    public void Bpe_PrefixAndSuffix_AreWritten()
    {
        Assert.That(Tokens(TokenizerOf.Model("BPE", ""","merges":["l o","lo w</w>"],"end_of_word_suffix":"</w>","unk_token":"<unk>" """, "<unk>", "l", "o", "w</w>", "lo", "low</w>", "o</w>"), "low"), Is.EqualTo("low</w>"));
        Assert.That(Tokens(TokenizerOf.Model("BPE", ""","merges":["a ##b","ab ##c"],"continuing_subword_prefix":"##" """, "a", "##b", "##c", "ab", "abc"), "abcb"), Is.EqualTo("abc|##b"));
    }

    [TestCase("unwanted", "un|##want|##ed")]
    [TestCase("unwantedX", "[UNK]")]
    [TestCase("run", "[UNK]")]
    [TestCase("un", "un")]
    public void WordPiece_Longest_First(string text, string expected) => Assert.That(
        Tokens(TokenizerOf.Model("WordPiece", ""","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":8""", "[UNK]", "un", "##want", "##ed", "##wan", "##t"), text), Is.EqualTo(expected));

    [Test]
    public void WordLevel_UnknownWord_IsTheUnknownTokenOrAnError()
    {
        string vocabulary = """{"type":"WordLevel","unk_token":"<unk>","vocab":{"hey":1""";
        Assert.That(Tokens(vocabulary + ""","<unk>":0}}""", "you"), Is.EqualTo("<unk>"));
        Assert.That(() => Tokens(vocabulary + "}}", "you"), Throws.TypeOf<InputException>().With.Message.Contains("<unk>"));
    }

    [TestCase("abcdacdxx", "abcd:0-4|a:4-5|cd:5-7|xx:7-9")]
    [TestCase("", "")]
    public void Unigram_BestSum_Wins(string text, string expected) => Assert.That(TokensWithPlaces("""
        {"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",0.0],["b",0.0],["c",0.0],["d",0.0],["cd",1.0],["ab",2.0],["abc",5.0],["abcd",10.0]]}
        """, text), Is.EqualTo(expected));

    [Test]
    public void Unigram_ByteFallback_CoversTheWholeUnknownRun() => Assert.That(TokensWithPlaces("""
        {"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0.0],["<0xC3>",-0.01],["<0xA9>",-0.03],["a",-1.0]]}
        """, "aééa字"), Is.EqualTo("a:0-1|<0xC3>:1-3|<0xA9>:1-3|<0xC3>:1-3|<0xA9>:1-3|a:3-4|字:4-5"));

    [Test]
    public void Unigram_UnknownCharacterWithoutUnknownToken_IsAnError() =>
        Assert.That(() => Tokens("""{"type":"Unigram","unk_id":null,"vocab":[["a",0.0]]}""", "b"), Throws.TypeOf<InputException>().With.Message.Contains("\"b\""));

    [TestCase("""{"type":"Unigram","unk_id":7,"vocab":[["a",0.0]]}""", "unk_id")]
    [TestCase("""{"type":"Unigram","vocab":[["a"]]}""", "entry 0")]
    [TestCase("""{"type":"WordPiece","vocab":{"a":0}}""", "[UNK]")]
    [TestCase("""{"type":"BPE","vocab":{"a":0},"merges":["a b"]}""", "\"b\"")]
    [TestCase("""{"type":"BPE","vocab":{"a":0},"merges":["a a"]}""", "\"aa\"")]
    [TestCase("""{"type":"BPE","vocab":{"a":99999999},"merges":[]}""", "99999999")]
    [TestCase("""{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}""", "dropout")]
    [TestCase("""{"type":"Unknown","vocab":{}}""", "Unknown")]
    [TestCase("null", "model")]
    public void Load_BadModel_NamesIt(string model, string named) =>
        Assert.That(() => TokenizerOf.Parts(model), Throws.TypeOf<InputException>().With.Message.Contains(named).And.Message.Contains("tokenizer.json").And.Message.Not.Contains("\n"));

    private static string Tokens(string model, string text) => string.Join('|', TokenizerOf.Parts(model).Encode(text).Tokens);

    private static string TokensWithPlaces(string model, string text)
    {
        TextEncoding encoding = TokenizerOf.Parts(model).Encode(text);
        return string.Join('|', encoding.Tokens.Zip(encoding.Offsets, (token, place) => $"{token}:{place.Start}-{place.End}"));
    }
}
