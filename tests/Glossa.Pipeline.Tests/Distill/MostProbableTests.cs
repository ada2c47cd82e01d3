using CsCheck;
using Glossa.Pipeline.Distill;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Distill;

internal sealed class MostProbableTests
{
    [Test]
    public void Find_AnyNumbers_AreTheFirstOfTheSorted() => Gen.Select(Gen.Int[0, 9].Array[1, 40], Gen.Int[1, 40]).Sample((numbers, wanted) =>
    {
        float[] values = [.. numbers.Select(number => number / 10f)];
        int count = Math.Min(wanted, values.Length);
        int[] places = new int[count], expected = [.. Enumerable.Range(0, values.Length).OrderByDescending(place => values[place]).Take(count)];
        float[] largest = new float[count];
        MostProbable.Find(values, places, largest);
        Assert.That(places, Is.EqualTo(expected), "equal ones stand in their order");
        Assert.That(largest, Is.EqualTo(expected.Select(place => values[place])));
    });
}
