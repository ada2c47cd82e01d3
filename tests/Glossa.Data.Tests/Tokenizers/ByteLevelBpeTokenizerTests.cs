using System.Diagnostics;
using System.Text;
using CsCheck;
using Glossa.Data.Tokenizers;
using Microsoft.ML.Tokenizers;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers;

public class ByteLevelBpeTokenizerTests
{
    private static readonly Lazy<ByteLevelBpeTokenizer> Trained = new(() => new ByteLevelBpeTokenizer(BpeTrainer.Train(
        UdhrLines.Of("train"), new BpeTrainerOptions { VocabularySize = 2048, LanguageTags = ["de", "en"] })));

    private static readonly string[] Nasty =
    [
        "", " ", "   ", "\0\u0001\u007F\uFFFE\uFFFF", "<pad><bos> <eos><lang:de>", "👩‍👩‍👧‍👦🏳️‍🌈", " \t\r\n \u3000\u0085\uFEFFa", "e\u0301\u0323\u0323\u0301", "\u202Eabc\u202C",
        "\uE000\U000F0000\U0010FFFD", "𐐷𐐀𝒜𝟘 𑁆", "don't DON'T l’été", new string('a', 40), new string('é', 3000),
    ];

    [Test]
    public void Encode_ValidUnicode_DecodesToItself() => UnicodeText.Valid.Sample(text => Decoded(text) == text, iter: 20_000);

    [Test]
    public void Encode_EveryTextOfTheCorpus_DecodesToItself()
    {
        Assert.That(UdhrLines.All.Select(line => line.Language).Distinct().Count(), Is.EqualTo(464));
        foreach ((_, _, string text) in UdhrLines.All)
            if (Decoded(text) != text) Assert.Fail(text);
    }

    [Test]
    public void Encode_LoneSurrogates_AreReplacementCharacters() => UnicodeText.Any.Sample(text =>
        Ids(text).SequenceEqual(Ids(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)))), iter: 5_000);

    [Test]
    public void Encode_RandomText_MergesAsTheDefinitionSays() =>
        UnicodeText.Any.Sample(text => Ids(text).SequenceEqual(NaiveBpe.Encode(text, Trained.Value.Model)), iter: 500);

    [Test]
    public void Encode_LongWords_HeapAndScanAgree()
    {
        BpeEncoder encoder = new(Trained.Value.Model.Merges, Trained.Value.Model.ByteIds);
        string letters = string.Concat(UdhrLines.All.Where((_, i) => i % 97 == 0).SelectMany(line => line.Text.Where(char.IsLetter)));
        Gen.Select(Gen.Int[0, letters.Length - 40], Gen.Int[0, 40]).Sample((start, length) =>
        {
            string word = letters.Substring(start, length);
            List<int> byHeap = [];
            encoder.EncodeWordByHeap(word, byHeap);
            Assert.That(byHeap, Is.EqualTo(NaiveBpe.Encode(word, Trained.Value.Model)));
        }, iter: 300);
    }

    [Test]
    public void Encode_AllLanguagesAndNastyText_GivesMicrosoftsIds()
    {
        BpeTokenizer microsoft = MicrosoftTokenizers.Create(Trained.Value.Model);
        foreach (string text in UdhrLines.Of("test").Select(line => line.Text).Concat(Nasty))
            if (!Ids(text).SequenceEqual(microsoft.EncodeToIds(text))) Assert.Fail(text);
    }

    [Test]
    public void Encode_SpecialTokensInText_AreText()
    {
        int[] ids = Ids("<bos>a<lang:de><eos>");

        Assert.That(ids, Has.All.InRange(BpeModel.FirstByteId, Trained.Value.TextVocabularySize - 1));
        List<int> recognised = [];
        Trained.Value.EncodeWithAddedTokens("<bos>a<lang:de>", recognised);
        Assert.That(recognised, Is.EqualTo(new[] { 1, BpeModel.FirstByteId + 'a', Trained.Value.LanguageTagId("de") }));
    }

    [TestCase("a")]
    [TestCase("ab")]
    [TestCase("é")]
    [TestCase("मा")]
    [TestCase("\U0001F600")]
    public void Encode_MillionCharactersWithoutSpace_IsNotQuadratic(string unit)
    {
        string text = string.Concat(Enumerable.Repeat(unit, 1_000_000 / unit.Length));
        _ = Ids(text[..10_000]);
        Stopwatch clock = Stopwatch.StartNew();
        int[] ids = Ids(text);

        // Quadratic time would be hours; 0.1 s is usual.
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
        Assert.That(Trained.Value.Decode(ids), Is.EqualTo(text));
    }

    [Test]
    public void Encode_FromManyThreads_GivesTheSameIds()
    {
        string[] texts = [.. UdhrLines.Of("valid").Select(line => line.Text).Take(1000)];
        ByteLevelBpeTokenizer fresh = new(Trained.Value.Model);
        int[][] expected = [.. texts.Select(Ids)];

        Parallel.For(0, 4, _ =>
        {
            List<int> ids = [];
            for (int i = 0; i < texts.Length; i++)
            {
                ids.Clear();
                fresh.Encode(texts[i], ids);
                Assert.That(ids.SequenceEqual(expected[i]), texts[i]);
            }
        });
    }

    [Test]
    public void Decode_BrokenUtf8_GivesReplacementCharacters()
    {
        int[] ids = [.. new byte[] { (byte)'a', 0xE2, 0x82, (byte)'b', 0xFF }.Select(value => Trained.Value.Model.ByteIds[value])];

        Assert.That(Trained.Value.Decode(ids), Is.EqualTo("a\uFFFDb\uFFFD"));
    }

    [Test]
    public void Decode_SpecialTokensAndTags_AreNothing() =>
        Assert.That(Trained.Value.Decode([Trained.Value.LanguageTagId("en")!.Value, 1, .. Ids("text"), 2, 0, 0]), Is.EqualTo("text"));

    [Test]
    public void Decode_UnknownId_Throws() => Assert.That(() => Trained.Value.Decode([99_999]), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void ContentHash_OtherPattern_Differs()
    {
        ByteLevelBpeTokenizer[] tokenizers = [.. new[] { WordPattern.Gpt2, WordPattern.Words }.Select(pattern =>
            new ByteLevelBpeTokenizer(BpeTrainer.Train([("en", "a")], new BpeTrainerOptions { Pattern = pattern })))];

        Assert.That(tokenizers[0].ContentHash, Has.Length.EqualTo(64).And.Not.EqualTo(tokenizers[1].ContentHash));
    }

    private static int[] Ids(string text)
    {
        List<int> ids = [];
        Trained.Value.Encode(text, ids);
        return [.. ids];
    }

    private static string Decoded(string text) => Trained.Value.Decode(Ids(text));
}
