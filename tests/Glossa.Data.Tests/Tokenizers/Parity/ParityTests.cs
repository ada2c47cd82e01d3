using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.Parity;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.Parity;

public class ParityTests
{
    private static readonly HashSet<string> Few = ["en", "de", "fr", "es", "id", "tr", "hi", "ta", "my", "km", "am", "ka"];

    [Test]
    public void Measure_PassagesOfOneLanguageAlone_AreLeftOut()
    {
        ByteLevelBpeTokenizer bytes = new(BpeTrainer.Train([("en", "a")], new BpeTrainerOptions()));

        PremiumReport report = PremiumReport.Measure(bytes,
        [
            new ParallelText("en", "1", "abcd"), new ParallelText("en", "2", "ab"), new ParallelText("el", "1", "\u03B1\u03B2\u03B3"), new ParallelText("el", "1", "\u03B4"),
            new ParallelText("el", "3", "\u03B5"), new ParallelText("ja", "3", "x"),
        ]);

        Assert.That(report.Languages, Is.EqualTo(new[] { new LanguagePremium("el", 8, 4), new LanguagePremium("en", 6, 6) }));
        Assert.That((report.Mean, report.WorstDecile), Is.EqualTo((1.5, 2.0)));
    }

    [Test]
    public void Measure_NoReference_SaysSo() => Assert.That(
        () => PremiumReport.Measure(new ByteLevelBpeTokenizer(BpeTrainer.Train([("en", "a")], new BpeTrainerOptions())), [new ParallelText("el", "1", "x")]),
        Throws.TypeOf<InputException>().With.Message.Contains("\"en\""));

    [Test]
    public void Find_TwelveLanguages_LowersTheWorstPremiumOnHeldOutArticles()
    {
        (string Language, string Text)[] texts = [.. UdhrLines.Of("train").Where(line => Few.Contains(line.Language))];
        BpeTrainerOptions options = new() { VocabularySize = 1500, SamplingExponent = 0.3 };

        IReadOnlyDictionary<string, double> factors = ParityWeights.Find(texts, options, ParallelText.Udhr(split => split != CorpusSplit.Test), rounds: 6);
        double before = Worst(options), after = Worst(options with { LanguageFactors = factors });

        Assert.That(factors.Keys, Is.EquivalentTo(Few));
        Assert.That(factors["my"], Is.GreaterThan(factors["en"]));
        Assert.That(after, Is.LessThan(before * 0.85));

        double Worst(BpeTrainerOptions settings) => PremiumReport.Measure(new ByteLevelBpeTokenizer(BpeTrainer.Train(texts, settings)),
            ParallelText.Udhr(split => split == CorpusSplit.Test).Where(text => Few.Contains(text.Language))).WorstDecile;
    }

    [Test]
    public void Find_Threads_DoNotChangeTheFactors()
    {
        (string Language, string Text)[] texts = [.. UdhrLines.Of("valid").Where(line => Few.Contains(line.Language))];
        ParallelText[] parallel = [.. ParallelText.Udhr(split => split == CorpusSplit.Valid)];

        IReadOnlyDictionary<string, double>[] found = [.. new[] { 1, 3 }.Select(threads => ParityWeights.Find(texts, new BpeTrainerOptions { VocabularySize = 500, Threads = threads }, parallel, rounds: 3))];

        Assert.That(found[1], Is.EqualTo(found[0]));
    }

    [TestCase(0)]
    [TestCase(double.NaN)]
    public void Train_FactorOutOfRange_NamesTheLanguage(double factor) => Assert.That(
        () => BpeTrainer.Train([("en", "a")], new BpeTrainerOptions { LanguageFactors = new Dictionary<string, double> { ["tlh"] = factor } }),
        Throws.TypeOf<InputException>().With.Message.Contains("\"tlh\""));
}
