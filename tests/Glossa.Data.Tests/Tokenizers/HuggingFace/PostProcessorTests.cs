using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

public sealed class PostProcessorTests
{
    private const string Bert = """{"type":"BertProcessing","sep":["[SEP]",2],"cls":["[CLS]",1]}""";
    private const string Template = """
        {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
         "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
         "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[1],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[2],"tokens":["[SEP]"]}}}
        """;

    private static readonly string Words = TokenizerOf.Model("WordLevel", ""","unk_token":"[UNK]" """, "[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "d", "e");

    [TestCase(Bert)]
    [TestCase(Template)]
    public void Encode_PairAsBert_HasTwoSegments(string postProcessor)
    {
        TextTokenizer tokenizer = Of(postProcessor);

        TextEncoding pair = tokenizer.Encode("a b", "c");

        Assert.That(pair.Tokens, Is.EqualTo(new[] { "[CLS]", "a", "b", "[SEP]", "c", "[SEP]" }));
        Assert.That(pair.TypeIds, Is.EqualTo(new[] { 0, 0, 0, 0, 1, 1 }));
        Assert.That(pair.SpecialTokensMask, Is.EqualTo(new[] { 1, 0, 0, 1, 0, 1 }));
        Assert.That(pair.Offsets, Is.EqualTo(new[] { (0, 0), (0, 1), (2, 3), (0, 0), (0, 1), (0, 0) }));
        Assert.That(tokenizer.Encode("a b", "c", new TextEncodeOptions { AddSpecialTokens = false }).TypeIds, Is.EqualTo(new[] { 0, 0, 1 }));
        Assert.That(tokenizer.Encode("a").Ids, Is.EqualTo(new[] { 1, 3, 2 }));
    }

    [Test]
    public void Encode_PairAsRoberta_HasOneSegmentAndTwoSeparators()
    {
        TextEncoding pair = Of("""{"type":"RobertaProcessing","sep":["[SEP]",2],"cls":["[CLS]",1],"trim_offsets":true,"add_prefix_space":true}""").Encode("a b", "c");

        Assert.That(pair.Ids, Is.EqualTo(new[] { 1, 3, 4, 2, 2, 5, 2 }));
        Assert.That(pair.TypeIds, Is.All.Zero);
    }

    [Test]
    public void Encode_PairWithoutPostProcessor_FollowsOn()
    {
        TextEncoding pair = Of("null").Encode("a b", "c");

        Assert.That((pair.Ids, pair.TypeIds), Is.EqualTo(((int[])[3, 4, 5], (int[])[0, 0, 1])));
    }

    [TestCase("false", "true", "Ġa:1-2|Ġb:3-4")]
    [TestCase("true", "true", "Ġa:0-1|Ġb:2-3")]
    [TestCase("false", "false", "Ġa:0-2|Ġb:2-4")]
    public void ByteLevel_TrimOffsets_TakesSpacesOut(string addPrefixSpace, string trim, string expected)
    {
        string flags = $$"""{"type":"ByteLevel","add_prefix_space":{{addPrefixSpace}},"trim_offsets":{{trim}}}""";
        TextTokenizer tokenizer = TokenizerOf.Parts(TokenizerOf.Model("WordLevel", "", "<unk>", "Ġa", "Ġb"), preTokenizer: flags, postProcessor: $$"""{"type":"Sequence","processors":[{{flags}}]}""");
        TextEncoding encoding = tokenizer.Encode(addPrefixSpace == "true" ? "a b" : " a b");

        Assert.That(string.Join('|', encoding.Tokens.Zip(encoding.Offsets, (token, place) => $"{token}:{place.Start}-{place.End}")), Is.EqualTo(expected));
    }

    [TestCase("a b c d", null, 5, "[CLS] a b c [SEP]")]
    [TestCase("a b c d", "e", 6, "[CLS] a b [SEP] e [SEP]")]
    [TestCase("a", "a b c d e", 8, "[CLS] a [SEP] a b c d [SEP]")]
    [TestCase("a b c d", "a b c d e", 8, "[CLS] a b [SEP] a b c [SEP]")]
    [TestCase("a b c", null, 2, "[CLS] [SEP]")]
    public void Encode_MaxLength_KeepsSpecialTokens(string text, string? pair, int most, string expected) =>
        Assert.That(string.Join(' ', Of(Template).Encode(text, pair, new TextEncodeOptions { MaxLength = most }).Tokens), Is.EqualTo(expected));

    [Test]
    public void Encode_MaxLengthBelowSpecialTokens_SaysSo() =>
        Assert.That(() => Of(Template).Encode("a", new TextEncodeOptions { MaxLength = 1 }), Throws.TypeOf<InputException>().With.Message.Contains("at least 3"));

    [TestCase("""{"max_length":4,"strategy":"LongestFirst","stride":0}""", "[CLS] a b [SEP]")]
    [TestCase("""{"max_length":4,"strategy":"LongestFirst","stride":0,"direction":"Left"}""", "[CLS] c d [SEP]")]
    [TestCase("""{"max_length":4,"strategy":"OnlyFirst","stride":0}""", "[CLS] a b [SEP]")]
    public void Encode_FilesTruncation_IsTheDefault(string truncation, string expected)
    {
        TextTokenizer tokenizer = Of(Template, truncation);

        Assert.That(string.Join(' ', tokenizer.Encode("a b c d").Tokens), Is.EqualTo(expected));
        Assert.That(tokenizer.DefaultMaxLength, Is.EqualTo(4));
        Assert.That(tokenizer.Encode("a b c d", new TextEncodeOptions { MaxLength = 100 }).Ids, Has.Count.EqualTo(6));
    }

    [TestCase("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[X]","type_id":0}}],"pair":[],"special_tokens":{}}""", "[X]")]
    [TestCase("""{"type":"BertProcessing"}""", "cls")]
    [TestCase("""{"type":"Other"}""", "Other")]
    public void Load_BadPostProcessor_NamesIt(string postProcessor, string named) =>
        Assert.That(() => Of(postProcessor), Throws.TypeOf<InputException>().With.Message.Contains(named).And.Message.Not.Contains("\n"));

    private static TextTokenizer Of(string postProcessor, string truncation = "null") =>
        TokenizerOf.Parts(Words, preTokenizer: """{"type":"WhitespaceSplit"}""", postProcessor: postProcessor, truncation: truncation);
}
