using CsCheck;
using Glossa.Data.Languages.Selection;
using NUnit.Framework;

namespace Glossa.Data.Tests.Languages.Selection;

public sealed class FacilityLocationTests
{
    private static readonly Gen<SimilarityMatrix> Matrices =
        from count in Gen.Int[1, 9]
        from values in Gen.Int[0, SimilarityMatrix.One - 1].Array[count * count]
        select Symmetric(count, (i, j) => values[(i * count) + j]);

    [Test]
    public void Greedy_TwoStars_ChoosesTheirCentres()
    {
        // Languages 0-3 are leaves of centre 1, 4-6 of centre 5; leaves have little in common.
        SimilarityMatrix stars = Symmetric(7, (i, j) => (i <= 3) != (j <= 3) ? 10_000 : i is 1 or 5 || j is 1 or 5 ? 800_000 : 300_000);
        (int[] order, long[] gains) = Greedily(stars, 2);
        Assert.That(order, Is.EqualTo(new[] { 1, 5 }));
        Assert.That(gains, Is.EqualTo(new[] { 1_000_000 + (3 * 800_000) + (3 * 10_000L), 990_000 + (2 * 790_000) }));
    }

    [Test]
    public void Greedy_AllAlike_TakesTheFirst() =>
        Assert.That(Greedily(Symmetric(5, (_, _) => 500_000), 5).Order, Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));

    [Test]
    public void Greedy_AnyMatrix_GainsFallAndSumToTheCoverage() => Matrices.Sample(matrix =>
    {
        (int[] order, long[] gains) = Greedily(matrix, matrix.Count);
        Assert.That(order.Order(), Is.EqualTo(Enumerable.Range(0, matrix.Count)));
        for (int k = 1; k < gains.Length; k++) Assert.That(gains[k], Is.LessThanOrEqualTo(gains[k - 1]));
        for (int k = 1; k <= gains.Length; k++) Assert.That(gains[..k].Sum(), Is.EqualTo(Coverage(matrix, order[..k])));
    });

    [Test]
    public void Greedy_AnyMatrix_HasItsShareOfTheBestCoverage() => Matrices.Sample(matrix =>
    {
        int count = Math.Min(3, matrix.Count);
        long best = Subsets(matrix.Count, count).Max(set => Coverage(matrix, set));
        Assert.That(Coverage(matrix, Greedily(matrix, count).Order), Is.GreaterThanOrEqualTo((1 - Math.Exp(-1)) * best));
    });

    [Test]
    public void Choose_AnyMatrix_NearestIsTheFirstOfTheMostAlike() => Matrices.Sample(matrix =>
    {
        FacilityLocation location = new(matrix);
        int[] order = [.. Enumerable.Range(0, (matrix.Count + 1) / 2).Select(i => i * 2)];
        foreach (int pick in order) location.Choose(pick);
        for (int i = 0; i < matrix.Count; i++)
        {
            int expected = order.MaxBy(pick => matrix.Row(pick)[i]);
            Assert.That(location.Nearest[i], Is.EqualTo(expected));
            Assert.That(location.Best[i], Is.EqualTo(matrix.Row(expected)[i]));
        }
    });

    [Test]
    public void Gain_ManyLanguages_DoesNotOverflow()
    {
        const int Count = 3001;
        int[] values = new int[Count * Count];
        Array.Fill(values, SimilarityMatrix.One);
        Assert.That(new FacilityLocation(new SimilarityMatrix(Count, values)).Gain(0), Is.EqualTo(Count * (long)SimilarityMatrix.One));
    }

    private static (int[] Order, long[] Gains) Greedily(SimilarityMatrix matrix, int count)
    {
        FacilityLocation location = new(matrix);
        bool[] chosen = new bool[matrix.Count];
        int[] order = new int[count];
        long[] gains = new long[count];
        for (int k = 0; k < count; k++)
        {
            order[k] = location.Greedy(chosen);
            gains[k] = location.Gain(order[k]);
            chosen[order[k]] = true;
            location.Choose(order[k]);
        }
        return (order, gains);
    }

    private static long Coverage(SimilarityMatrix matrix, int[] set) =>
        Enumerable.Range(0, matrix.Count).Sum(i => (long)set.Max(pick => matrix.Row(pick)[i]));

    private static IEnumerable<int[]> Subsets(int count, int size) => Enumerable.Range(0, 1 << count)
        .Where(bits => int.PopCount(bits) == size)
        .Select(bits => Enumerable.Range(0, count).Where(i => (bits >> i & 1) != 0).ToArray());

    private static SimilarityMatrix Symmetric(int count, Func<int, int, int> value)
    {
        int[] values = new int[count * count];
        for (int i = 0; i < count; i++)
            for (int j = 0; j < count; j++)
                values[(i * count) + j] = i == j ? SimilarityMatrix.One : value(Math.Min(i, j), Math.Max(i, j));
        return new SimilarityMatrix(count, values);
    }
}
