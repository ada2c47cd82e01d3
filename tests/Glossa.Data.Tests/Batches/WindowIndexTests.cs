using CsCheck;
using Glossa.Data.Batches;
using NUnit.Framework;

namespace Glossa.Data.Tests.Batches;

public sealed class WindowIndexTests
{
    [Test]
    public void Item_AnyLengths_AreTheWindowsThatCuttingGives() =>
        Gen.Select(Gen.Int[2, 40], Gen.Int[2, 120].Array[0, 300]).Sample((context, lengths) =>
        {
            TrainingWindow[] listed = [.. lengths.SelectMany((length, i) => TrainingWindow.Cut(7 + i, length, context))];
            WindowIndex index = new(7, lengths.Length, text => lengths[text - 7], context);
            Assert.That(Enumerable.Range(0, index.Count).Select(i => index[i]), Is.EqualTo(listed));
            Assert.That(index.Predictions, Is.EqualTo(listed.Sum(window => window.Predictions)));
        }, iter: 200);

    [Test]
    public void Cut_LongSequence_AdvancesByThreeQuartersToTheEnd() =>
        Assert.That(TrainingWindow.Cut(3, 25, 8), Is.EqualTo(new TrainingWindow[] { new(3, 0, 8), new(3, 6, 8), new(3, 12, 8), new(3, 18, 7) }));

    [Test]
    public void Make_ManyTexts_TakesAQuarterOfAByteForEach()
    {
        _ = new WindowIndex(0, 100, _ => 20, 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = new WindowIndex(0, 400_000, _ => 20, 8);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.EqualTo(100_000).Within(1000));
    }

    [Test]
    public void Make_SequenceWithoutAWindow_IsRefused() => Assert.That(() => new WindowIndex(0, 1, _ => 1, 8), Throws.ArgumentException);
}
