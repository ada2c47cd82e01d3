using CsCheck;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Study.Cells;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study.Cells;

[TestFixture]
internal sealed class ScoreStageTests
{
    [Test]
    public void Thin_LongSplit_KeepsAboutTheBytesOfEachLanguage() => Gen.Select(Gen.Int[50, 400], Gen.Int[1, 50], Gen.ULong).Sample((texts, share, seed) =>
    {
        SeededRandom random = new(seed);
        ScoringSequence[] all = [.. Enumerable.Range(0, 2 * texts).Select(i => new ScoringSequence(i % 2, new int[2], 20 + random.NextInt32(60)))];
        long bytes = all.Where(text => text.Language == 0).Sum(text => text.Bytes) / share;
        IReadOnlyList<ScoringSequence> kept = ScoreStage.Thin(new SplitSequences(["a", "b"], all), bytes);
        foreach (int language in new[] { 0, 1 })
        {
            // The texts are of 20 to 80 bytes: an even share of them is near its bytes, and never more than one text off in number.
            ScoringSequence[] own = [.. kept.Where(text => text.Language == language)];
            long total = all.Where(text => text.Language == language).Sum(text => text.Bytes);
            Assert.That(own.Length, Is.EqualTo(Math.Min(1, (double)bytes / total) * texts).Within(1.01));
        }
    }, iter: 50);

    [Test]
    public void Thin_ShortSplit_KeepsAll()
    {
        ScoringSequence[] all = [.. Enumerable.Range(0, 10).Select(_ => new ScoringSequence(0, new int[2], 10))];
        Assert.That(ScoreStage.Thin(new SplitSequences(["a"], all), 1000), Has.Count.EqualTo(10));
    }
}
