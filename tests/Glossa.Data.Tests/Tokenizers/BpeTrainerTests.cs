using System.Text;
using CsCheck;
using Glossa.Data.Tokenizers;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers;

public class BpeTrainerTests
{
    private static readonly (string Language, string Text)[] Verse =
    [
        ("en", "the cat and the hat, the bat and the rat; that is all there is"),
        ("de", "der Hund und die Katze, das Kind und der Baum; das ist alles"),
        ("hi", "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है"),
    ];

    [Test]
    public void Train_SmallText_FillsTheVocabularyAndPutsTagsAfterIt()
    {
        BpeModel model = BpeTrainer.Train(Verse, new BpeTrainerOptions { VocabularySize = 300, LanguageTags = ["de", "en"] });

        ByteLevelBpeTokenizer tokenizer = new(model);
        Assert.That(tokenizer.TextVocabularySize, Is.EqualTo(300));
        Assert.That(tokenizer.VocabularySize, Is.EqualTo(302));
        Assert.That((tokenizer.PadId, tokenizer.BeginId, tokenizer.EndId), Is.EqualTo((0, 1, 2)));
        Assert.That((tokenizer.LanguageTagId("de"), tokenizer.LanguageTagId("en"), tokenizer.LanguageTagId("hi")), Is.EqualTo((300, 301, (int?)null)));
    }

    [Test]
    public void Train_TooLittleText_StopsWhenNoPairIsLeft()
    {
        BpeModel model = BpeTrainer.Train([("en", "abcd")], new BpeTrainerOptions { VocabularySize = 300 });

        Assert.That(model.TextVocabularySize, Is.EqualTo(BpeTrainerOptions.SmallestVocabulary + 3));
        Assert.That(Encoding.UTF8.GetString(model.TokenBytes(model.TextVocabularySize - 1)), Is.EqualTo("abcd"));
    }

    [Test]
    public void Train_AnyText_MergesAsCountingAnewBeforeEachMergeWould()
    {
        Gen<string> text = Gen.Char["aab cd"].Array[0, 60].Select(characters => new string(characters));
        text.Array[1, 6].Sample(texts =>
        {
            BpeTrainerOptions options = new() { VocabularySize = 290, SamplingExponent = 1, Threads = 1, Pattern = WordPattern.Gpt2 };
            if (texts.All(one => one.Length == 0)) return;
            BpeModel model = BpeTrainer.Train(texts.Select(one => ("en", one)), options);
            Assert.That(model.Merges, Is.EqualTo(NaiveBpe.Train(texts, options)));
        }, iter: 300);
    }

    [Test]
    public void Train_ThreadsAndOrderOfTexts_DoNotChangeTheModel()
    {
        string[] hashes = [.. new[] { 1, 2, 5 }.SelectMany(threads => new[] { Verse, [.. Verse.Reverse()] }.Select(texts =>
            new ByteLevelBpeTokenizer(BpeTrainer.Train(texts, new BpeTrainerOptions { VocabularySize = 330, Threads = threads, SamplingExponent = 0.3 })).ContentHash))];

        Assert.That(hashes.Distinct(), Has.Exactly(1).Items);
    }

    [Test]
    public void Train_ExponentZero_GivesTheSmallLanguageItsShare()
    {
        (string, string)[] texts = [("big", string.Concat(Enumerable.Repeat("xy ", 1000))), ("small", "qz qz")];

        BpeModel alike = BpeTrainer.Train(texts, new BpeTrainerOptions { VocabularySize = 261, SamplingExponent = 0 });
        BpeModel bySize = BpeTrainer.Train(texts, new BpeTrainerOptions { VocabularySize = 261, SamplingExponent = 1 });

        Assert.That(Tokens(alike), Does.Contain("qz"));
        Assert.That(Tokens(bySize), Does.Not.Contain("qz"));
    }

    [Test]
    public void Train_MaxTokenLength_IsNotExceeded()
    {
        BpeModel model = BpeTrainer.Train(Verse, new BpeTrainerOptions { VocabularySize = 400, MaxTokenLength = 3 });

        Assert.That(Enumerable.Range(0, model.VocabularySize).Where(model.HasBytes).Max(id => model.TokenBytes(id).Length), Is.EqualTo(3));
    }

    [TestCase(100, 0.5, 16, "100")]
    [TestCase(2048, -0.1, 16, "-0.1")]
    [TestCase(2048, double.NaN, 16, "NaN")]
    [TestCase(2048, 0.5, 0, "0")]
    public void Train_SettingOutOfRange_NamesTheValue(int vocabulary, double exponent, int longest, string value)
    {
        BpeTrainerOptions options = new() { VocabularySize = vocabulary, SamplingExponent = exponent, MaxTokenLength = longest };

        Assert.That(() => BpeTrainer.Train(Verse, options), Throws.TypeOf<InputException>().With.Message.Contains(value));
    }

    [Test]
    public void Train_TagTwice_NamesIt() => Assert.That(
        () => BpeTrainer.Train(Verse, new BpeTrainerOptions { LanguageTags = ["de", "en", "de"] }),
        Throws.TypeOf<InputException>().With.Message.Contains("\"de\""));

    [Test]
    public void Train_NoText_SaysSo() => Assert.That(() => BpeTrainer.Train([], new BpeTrainerOptions()), Throws.TypeOf<InputException>());

    private static string[] Tokens(BpeModel model) =>
        [.. Enumerable.Range(0, model.VocabularySize).Where(model.HasBytes).Select(id => Encoding.UTF8.GetString(model.TokenBytes(id)).Trim())];
}
