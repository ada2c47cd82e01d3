using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class NearestNameTests
{
    [TestCase("vocabluary", ExpectedResult = "vocabulary")]
    [TestCase("Seed", ExpectedResult = "seed")]
    [TestCase("lang", ExpectedResult = "languages")]
    [TestCase("qqqqqq", ExpectedResult = null)]
    public string? Find_Key_GivesTheLikelyOne(string value) =>
        NearestName.Find(value, ["languages", "vocabulary", "seed", "curriculum"]);

    [TestCase("", "abc", ExpectedResult = 3)]
    [TestCase("abcd", "abdc", ExpectedResult = 1)]
    [TestCase("kitten", "sitting", ExpectedResult = 3)]
    [TestCase("same", "same", ExpectedResult = 0)]
    public int Distance_Pair_CountsEdits(string a, string b) => NearestName.Distance(a, b);

    [Test]
    public void Find_Tie_DoesNotDependOnOrder() =>
        Assert.That(NearestName.Find("ba", ["bc", "bb"]), Is.EqualTo(NearestName.Find("ba", ["bb", "bc"])).And.EqualTo("bb"));

    [Test]
    public void Advice_NothingNear_ListsWhatThereIs() =>
        Assert.That(NearestName.Advice("zzzzzz", ["b", "a"]), Is.EqualTo("there are: a, b"));
}
