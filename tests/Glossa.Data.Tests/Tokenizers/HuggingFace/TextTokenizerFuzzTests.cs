using System.Text;
using CsCheck;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

public sealed class TextTokenizerFuzzTests
{
    private const string EveryPart = """
        {"type":"Sequence","normalizers":[{"type":"Nmt"},{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":"\\s{2,}|\\p{Sc}"},"content":" "},{"type":"StripAccents"},{"type":"BertNormalizer"},{"type":"NFD"},{"type":"Strip"},{"type":"Prepend","prepend":"▁"},{"type":"NFC"}]}
        """;

    private const string EveryCut = """
        {"type":"Sequence","pretokenizers":[{"type":"UnicodeScripts"},{"type":"Split","pattern":{"Regex":"\\p{Lu}+(?!\\p{M})"},"behavior":"MergedWithNext"},{"type":"Digits"},{"type":"Punctuation","behavior":"Contiguous"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"},{"type":"ByteLevel"}]}
        """;

    private const string Tokens = """[{"id":1,"content":"<x>","lstrip":true,"rstrip":true},{"id":2,"content":"É","normalized":true,"single_word":true},{"id":3,"content":"\u0301","special":true}]""";

    private static readonly string[] Telling = ["<x>", " ", "É", "e\u0301", "[MASK]", "</s>", "<0x41>", "<|endoftext|>", "ﬁ", "\u200D", "中"];

    // Any UTF-16: lone halves, marks, joiners, look-alikes of tokens.
    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.Char.Array[0, 40].Select(characters => new string(characters)),
        Gen.OneOf(Gen.Int[0x20, 0x7E], Gen.Int[0x300, 0x36F], Gen.Int[0x900, 0xDFF], Gen.Int[0x1100, 0x11FF], Gen.Int[0xAC00, 0xD7A3], Gen.Int[0xD800, 0xDFFF],
            Gen.Int[0x2000, 0x206F], Gen.Int[0x4E00, 0x4E20], Gen.Int[0xF900, 0xFFFF], Gen.Int[0, 0x1F]).Array[0, 60].Select(units => string.Concat(units.Select(unit => (char)unit))),
        Gen.OneOf(Gen.Int[0x10000, 0x10FFFF], Gen.Int[0x1F300, 0x1F9FF], Gen.Int[0x41, 0x5A]).Array[0, 20].Select(points => string.Concat(points.Select(char.ConvertFromUtf32))),
        Gen.Int[0, Telling.Length - 1].Select(i => Telling[i]).Array[0, 12].Select(string.Concat));

    [TestCase("wordpiece")]
    [TestCase("unigram")]
    [TestCase("bytelevel-bpe")]
    public void Encode_AnyText_IsConsistent(string name) => Check(TextTokenizer.Load(TestFolders.Fixture("tokenizers", name)));

    [Test]
    public void Encode_AnyTextThroughEveryPart_IsConsistent() => Check(TokenizerOf.Parts(normalizer: EveryPart, preTokenizer: EveryCut, addedTokens: Tokens));

    [Test]
    public void ByteLevel_SpecialTokensAsText_RoundTrips()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TestFolders.Fixture("tokenizers", "bytelevel-bpe"));
        AnyText.Sample(text =>
        {
            List<int> ids = [];
            tokenizer.Encode(text, ids);
            Assert.That(tokenizer.Decode(ids, skipSpecialTokens: false), Is.EqualTo(Valid(text)));
            Assert.That(ids, Is.EqualTo(tokenizer.Encode(text, new TextEncodeOptions { RecognizeSpecialTokens = false }).Ids));
        }, iter: 3_000, threads: 1);
    }

    [Test]
    public void Unigram_ByteFallback_RoundTripsTheNormalForm()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TestFolders.Fixture("tokenizers", "unigram"));
        AnyText.Where(text => !text.Contains('<', StringComparison.Ordinal) && !text.Contains('\u2581', StringComparison.Ordinal)).Sample(text =>
        {
            List<int> ids = [];
            tokenizer.Encode(text, ids);
            string normal = tokenizer.Normalize(text);
            // The first space and the sign that stands for it are one.
            Assert.That(tokenizer.Decode(ids), Is.EqualTo(normal.StartsWith(' ') ? normal[1..] : normal));
        }, iter: 3_000, threads: 1);
    }

    [TestCase("wordpiece")]
    [TestCase("unigram")]
    [TestCase("bytelevel-bpe")]
    public void Encode_LongRuns_TakesLinearTime(string name)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TestFolders.Fixture("tokenizers", name));
        foreach (string run in (string[])["a", " ", "\u0301", "😀", "<", "ก"])
            Assert.That(tokenizer.Encode(new StringBuilder().Insert(0, run, 300_000).ToString()).Ids, Is.Not.Empty);
    }

    [Test]
    public void Load_RandomlyDamaged_LoadsOrIsOneLine()
    {
        using TemporaryFolder folder = new();
        byte[] whole = Encoding.UTF8.GetBytes($$"""{"added_tokens":{{Tokens}},"normalizer":{{EveryPart}},"pre_tokenizer":{{EveryCut}},"model":{{TokenizerOf.AnyWord}}}""");
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 4].Sample(damage =>
        {
            byte[] bytes = [.. whole];
            foreach ((int at, byte value) in damage) bytes[at] = value;
            try
            {
                TextTokenizer.Load(folder.Write("damaged.json", bytes)).Encode("some TEXT É <x> 12");
            }
            catch (InputException e)
            {
                Assert.That(e.Message, Does.Not.Contain("\n"));
            }
        }, iter: 600, threads: 1);
    }

    [Test]
    public void Load_BytesThatAreNoSentencePieceModel_IsOneLine()
    {
        using TemporaryFolder folder = new();
        Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            string file = folder.Write("odd.model", bytes);
            try
            {
                TextTokenizer.Load(file).Encode("some text");
            }
            catch (InputException e)
            {
                Assert.That(e.Message, Does.StartWith(file).Or.Contains("unknown token").And.Not.Contains("\n"));
            }
        }, iter: 2_000, threads: 1);
    }

    private static void Check(TextTokenizer tokenizer) => AnyText.Sample(text =>
    {
        TextEncoding encoding = tokenizer.Encode(text);
        int codePoints = Valid(text).EnumerateRunes().Count();
        Assert.That(encoding.Tokens, Has.Count.EqualTo(encoding.Ids.Count));
        foreach ((int start, int end) in encoding.Offsets) Assert.That(start <= end && start >= 0 && end <= codePoints, $"{start}-{end} of {codePoints}");
        TextEncoding again = tokenizer.Encode(text, new TextEncodeOptions { AddSpecialTokens = false, RecognizeSpecialTokens = false });
        List<int> ids = [];
        tokenizer.Encode(text, ids);
        Assert.That(ids, Is.EqualTo(again.Ids));
        Assert.That(tokenizer.Decode(encoding.Ids), Is.Not.Null);
        TextEncoding.ToUtf16(text, encoding.Offsets);
    }, iter: 3_000, threads: 1);

    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
