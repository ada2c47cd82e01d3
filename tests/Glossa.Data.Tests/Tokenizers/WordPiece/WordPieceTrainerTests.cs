using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.Training;
using Glossa.Data.Tokenizers.WordPiece;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.WordPiece;

public class WordPieceTrainerTests
{
    private static readonly Lazy<TemporaryTokenizer> Trained = new(() => new TemporaryTokenizer(folder => HuggingFaceTokenizer.Save(
        WordPieceTrainer.Train(UdhrLines.Of("train"), new WordPieceTrainerOptions { VocabularySize = 4000, LanguageTags = ["de"] }), folder, 256)));

    [OneTimeTearDown]
    public void RemoveFiles() => Trained.Value.Dispose();

    [Test]
    public void Train_Udhr_FillsTheVocabularyAndKnowsItsRoles()
    {
        Glossa.Data.Tokenizers.HuggingFace.TextTokenizer tokenizer = Trained.Value.Tokenizer;

        Assert.That((tokenizer.TextVocabularySize, tokenizer.VocabularySize), Is.EqualTo((4000, 4001)));
        Assert.That((tokenizer.PadId, tokenizer.UnknownId, tokenizer.ClassId, tokenizer.SeparatorId, tokenizer.MaskId), Is.EqualTo((0, 1, 2, 3, 4)));

        Assert.That(tokenizer.Encode("a", "b").TypeIds, Is.EqualTo(new[] { 0, 0, 0, 1, 1 }));
    }

    [Test]
    public void Train_EnglishSentence_DecodesToItself()
    {
        List<int> ids = [];
        Trained.Value.Tokenizer.Encode("All human beings are born free", ids);

        Assert.That(Trained.Value.Tokenizer.Decode(ids), Is.EqualTo("All human beings are born free"));
    }

    // The trainer cuts with objects of its own, the file with those that it names.
    [Test]
    public void Count_AnyText_CutsAsTheFileDoes()
    {
        foreach (string text in (string[])["don't  stop", "\u4E2D\u6587 mixed\u3002", "a\0b\u200Bc", "caf\u00E9 e\u0301", "x\u00A0y\tz", .. UdhrLines.Of("valid").Select(line => line.Text).Where((_, i) => i % 11 == 0)])
        {
            WordTable words = new();
            new BertCutter().Count(text, words);
            IEnumerable<string> counted = Enumerable.Range(0, words.Count).SelectMany(i => Enumerable.Repeat(words.Word(i).ToString(), (int)words.CountOf(i)));
            Assert.That(counted, Is.EquivalentTo(Trained.Value.Tokenizer.Cut(text).Select(piece => piece.Piece)));
        }
    }

    [Test]
    public void Train_ThreadsAndOrderOfTexts_DoNotChangeTheVocabulary()
    {
        (string, string)[] texts = [.. UdhrLines.Of("valid").Take(600)];
        string[][] tokens = [.. new[] { 1, 2, 5 }.SelectMany(threads => new[] { texts, [.. texts.Reverse()] }.Select(ordered =>
            WordPieceTrainer.Train(ordered, new WordPieceTrainerOptions { VocabularySize = 900, SamplingExponent = 0.3, Threads = threads }).Tokens.ToArray()))];

        foreach (string[] other in tokens) Assert.That(other, Is.EqualTo(tokens[0]));
    }

    [Test]
    public void Train_WordWithARareCharacter_IsUnknownAndNotLearnedFrom()
    {
        WordPieceVocabulary vocabulary = WordPieceTrainer.Train([("en", string.Concat(Enumerable.Repeat("abab ", 20_000)) + "qzqz\u0178")], new WordPieceTrainerOptions { VocabularySize = 20, CharacterCoverage = 0.9999 });

        Assert.That(vocabulary.Tokens, Does.Contain("abab"));
        Assert.That(vocabulary.Tokens, Has.None.Contains("\u0178").And.None.Contains("qz"));
    }

    [TestCase(3, "3")]
    [TestCase(int.MaxValue, "2147483647")]
    public void Train_VocabularyOutOfRange_NamesTheValue(int vocabulary, string value) => Assert.That(
        () => WordPieceTrainer.Train([("en", "a")], new WordPieceTrainerOptions { VocabularySize = vocabulary }), Throws.TypeOf<InputException>().With.Message.Contains(value));
}
