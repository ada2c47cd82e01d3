using Glossa.Data.Tokenizers;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers;

public class TokenizerReportTests
{
    [Test]
    public void Measure_TwoLanguages_CountsBytesAndTokensAndPutsTheWorstFirst()
    {
        ByteLevelBpeTokenizer tokenizer = new(BpeTrainer.Train([("en", "abcd abcd")], new BpeTrainerOptions { VocabularySize = 300 }));

        TokenizerReport report = TokenizerReport.Measure(tokenizer, [("en", "abcd"), ("en", "abcd"), ("el", "α")]);

        Assert.That(report.Languages, Is.EqualTo(new[] { new LanguageCompression("el", 2, 2), new LanguageCompression("en", 8, 2) }));
        Assert.That((report.MeanBytesPerToken, report.WorstDecileBytesPerToken), Is.EqualTo((2.5, 1.0)));
        Assert.That(report.WorstServed(1).Single().Language, Is.EqualTo("el"));
    }

    [Test]
    public void Measure_HeldOutArticles_DefaultPatternCompressesBetterThanGpt2s()
    {
        double[] means = [.. new[] { WordPattern.Gpt2, new BpeTrainerOptions().Pattern }.Select(pattern =>
        {
            BpeModel model = BpeTrainer.Train(UdhrLines.Of("train"), new BpeTrainerOptions { Pattern = pattern });
            return TokenizerReport.Measure(new ByteLevelBpeTokenizer(model), UdhrLines.Of("test")).MeanBytesPerToken;
        })];

        Assert.That(means[1], Is.GreaterThan(means[0]));
        Assert.That(means[1], Is.EqualTo(2.184).Within(0.01));
    }
}
