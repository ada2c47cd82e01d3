using Glossa.Data.Batches;
using NUnit.Framework;

namespace Glossa.Data.Tests.Batches;

public sealed class IndexPermutationTests
{
    [Test]
    public void Item_AnyCount_GivesEachNumberOnce([Values(1, 2, 3, 4, 5, 7, 16, 17, 99, 1000, 4097)] int count)
    {
        for (ulong seed = 0; seed < 5; seed++) Assert.That(Order(count, seed).Order(), Is.EqualTo(Enumerable.Range(0, count).Select(i => (long)i)));
    }

    [TestCase(3)]
    [TestCase(6)]
    [TestCase(50)]
    public void Item_ManySeeds_PutsEachNumberAnywhereAlike(int count)
    {
        const int Seeds = 20_000;
        int[,] seen = new int[count, count];
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            long[] order = Order(count, seed);
            for (int i = 0; i < count; i++) seen[i, order[i]]++;
        }
        double expected = (double)Seeds / count;
        // Six standard deviations of a count.
        Assert.That(seen.Cast<int>(), Is.All.EqualTo(expected).Within(6 * Math.Sqrt(expected)));
    }

    [Test]
    public void Item_Neighbours_AreStrangers()
    {
        long[] order = Order(10_000, 1);
        double[] steps = [.. order.Zip(order.Skip(1), (a, b) => Math.Abs(a - b) / 10_000.0)];
        // Two random places of [0, 1] are a third apart.
        Assert.That(steps.Average(), Is.EqualTo(1 / 3.0).Within(0.01));
        Assert.That(steps.Count(step => step <= 0.001), Is.LessThan(40));
    }

    [Test]
    public void Item_HugeCount_StaysBelowIt()
    {
        const long Count = 3_000_000_000_000;
        IndexPermutation order = new(Count, 1, 2);
        long[] some = [.. Enumerable.Range(0, 1000).Select(i => order[i * (Count / 1000)])];
        Assert.That(some, Is.All.InRange(0L, Count - 1));
        Assert.That(some.Distinct().Count(), Is.EqualTo(1000));
        Assert.That(some.Average(), Is.EqualTo(Count / 2.0).Within(0.05 * Count));
    }

    private static long[] Order(int count, ulong seed)
    {
        IndexPermutation order = new(count, seed, 9);
        return [.. Enumerable.Range(0, count).Select(i => order[i])];
    }
}
