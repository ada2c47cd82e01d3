using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokenizers.Unigram;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.Unigram;

public class UnigramTrainerTests
{
    private static readonly Lazy<TemporaryTokenizer> Trained = new(() =>
        new TemporaryTokenizer(folder => HuggingFaceTokenizer.Save(UnigramTrainer.Train(UdhrLines.Of("train"), new UnigramTrainerOptions { LanguageTags = ["de", "en"] }), folder, 256)));

    [OneTimeTearDown]
    public void RemoveFiles() => Trained.Value.Dispose();

    [Test]
    public void Train_Udhr_FillsTheVocabularyAndPutsTagsAfterIt()
    {
        TextTokenizer tokenizer = Trained.Value.Tokenizer;

        Assert.That((tokenizer.TextVocabularySize, tokenizer.VocabularySize), Is.EqualTo((2048, 2050)));
        Assert.That((tokenizer.PadId, tokenizer.BeginId, tokenizer.EndId, tokenizer.UnknownId), Is.EqualTo((0, 1, 2, UnigramVocabulary.UnknownId)));
        Assert.That((tokenizer.LanguageTagId("de"), tokenizer.LanguageTagId("en")), Is.EqualTo((2048, 2049)));
        Assert.That(tokenizer.Id("<0x00>"), Is.EqualTo(UnigramVocabulary.FirstByteId));
    }

    [Test]
    public void Encode_AnyText_DecodesToTheSameText()
    {
        string[] nasty =
        [
            "", " ", "  a", "a  ", " \n\t x\u3000y", "<0x41>", "<unk>", "<pad>x<eos>", "<lang:de>", "a<0xE2>", "<<0x41>", "\u2581a", "\U0001F469\u200D\U0001F680 \uFFFD", "\0", new string('a', 10_000),
            "\u1E9B\u0323 \uFB01 \uFF21", "\uE000\U000F0000",
        ];
        TextTokenizer tokenizer = Trained.Value.Tokenizer;
        foreach (string text in nasty.Concat(UdhrLines.Of("test").Select(line => line.Text).Where((_, i) => i % 7 == 0)))
        {
            List<int> ids = [];
            tokenizer.Encode(text, ids);
            Assert.That(tokenizer.Decode(ids), Is.EqualTo(text));
            Assert.That(ids, Has.None.EqualTo(UnigramVocabulary.UnknownId));
        }
    }

    [Test]
    public void Train_HeldOutArticles_CompressesNoWorseThanByteLevelBpe()
    {
        double unigram = TokenizerReport.Measure(Trained.Value.Tokenizer, UdhrLines.Of("test")).MeanBytesPerToken;
        double bpe = TokenizerReport.Measure(new ByteLevelBpeTokenizer(BpeTrainer.Train(UdhrLines.Of("train"), new BpeTrainerOptions())), UdhrLines.Of("test")).MeanBytesPerToken;

        Assert.That(unigram, Is.GreaterThan(bpe * 0.97));
    }

    [Test]
    public void Train_ThreadsAndOrderOfTexts_DoNotChangeTheVocabulary()
    {
        (string, string)[] texts = [.. UdhrLines.Of("valid").Take(600)];
        UnigramPiece[][] pieces = [.. new[] { 1, 2, 5 }.SelectMany(threads => new[] { texts, [.. texts.Reverse()] }.Select(ordered =>
            UnigramTrainer.Train(ordered, new UnigramTrainerOptions { VocabularySize = 700, SamplingExponent = 0.3, Threads = threads }).Pieces.ToArray()))];

        foreach (UnigramPiece[] other in pieces) Assert.That(other, Is.EqualTo(pieces[0]));
    }

    [Test]
    public void Train_RepeatedWords_FindsThem()
    {
        UnigramVocabulary vocabulary = UnigramTrainer.Train([("en", string.Concat(Enumerable.Repeat("banana cabana ", 200)))], new UnigramTrainerOptions { VocabularySize = 272 });

        Assert.That(vocabulary.Pieces.Select(piece => piece.Token), Does.Contain(" banana").And.Contain(" cabana").And.Contain("b"));
        Assert.That(vocabulary.Pieces.Select(piece => piece.Score), Is.Ordered.Descending);
    }

    [Test]
    public void Train_OneCharacterAMillionTimes_EndsInTime()
    {
        UnigramVocabulary vocabulary = UnigramTrainer.Train([("en", new string('a', 1_000_000)), ("zh", string.Concat(Enumerable.Repeat("的一是不了人我在有他", 20_000)))], new UnigramTrainerOptions { VocabularySize = 300 });

        Assert.That(vocabulary.Pieces, Is.Not.Empty);
    }

    [Test]
    public void Train_RareCharacters_AreWrittenAsBytes()
    {
        UnigramVocabulary vocabulary = UnigramTrainer.Train([("en", new string('a', 100_000) + "\u4E00")], new UnigramTrainerOptions { VocabularySize = 300 });

        Assert.That(vocabulary.Pieces.Select(piece => piece.Token), Has.None.Contains("\u4E00"));
    }

    [TestCase(100, 16, 0.9995, "100")]
    [TestCase(2048, 0, 0.9995, "0")]
    [TestCase(2048, 16, 1.5, "1.5")]
    public void Train_SettingOutOfRange_NamesTheValue(int vocabulary, int longest, double coverage, string value) => Assert.That(
        () => UnigramTrainer.Train([("en", "a")], new UnigramTrainerOptions { VocabularySize = vocabulary, MaxTokenLength = longest, CharacterCoverage = coverage }),
        Throws.TypeOf<InputException>().With.Message.Contains(value));

    [Test]
    public void Train_NoText_SaysSo() => Assert.That(() => UnigramTrainer.Train([("en", "")], new UnigramTrainerOptions()), Throws.TypeOf<InputException>());
}
