using CsCheck;
using Glossa.Pipeline.Study.Statistics;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study.Statistics;

[TestFixture]
internal sealed class StudentTTests
{
    // The usual tables' two-sided 95 % and 99 %.
    [TestCase(0.95, 1, 12.706)]
    [TestCase(0.95, 2, 4.303)]
    [TestCase(0.95, 3, 3.182)]
    [TestCase(0.95, 4, 2.776)]
    [TestCase(0.95, 5, 2.571)]
    [TestCase(0.95, 9, 2.262)]
    [TestCase(0.95, 30, 2.042)]
    [TestCase(0.99, 2, 9.925)]
    [TestCase(0.99, 7, 3.499)]
    public void Bound_OfTheTables_IsTheirs(double share, int freedom, double expected) =>
        Assert.That(StudentT.Bound(share, freedom), Is.EqualTo(expected).Within(0.0006));

    [Test]
    public void Within_OneDegree_IsCauchys() =>
        Assert.That(StudentT.Within(2.5, 1), Is.EqualTo(2 / Math.PI * Math.Atan(2.5)).Within(1e-14));

    [Test]
    public void Bound_AnyShare_HoldsThatShare() => Gen.Select(Gen.Double[0.01, 0.999], Gen.Int[1, 200]).Sample((share, freedom) =>
        Math.Abs(StudentT.Within(StudentT.Bound(share, freedom), freedom) - share) < 1e-9, iter: 300);
}
