using Glossa.Data.Languages.Selection;
using NUnit.Framework;

namespace Glossa.Data.Tests.Languages.Selection;

public sealed class LanguageFeaturesTests
{
    [TestCase(51.5074, -0.1278, 48.8566, 2.3522, 343.6)] // London - Paris
    [TestCase(0, 179, 0, -179, 222.4)] // Across the date line.
    [TestCase(90, 0, -90, 0, 20015.1)] // Half way round.
    [TestCase(10, 20, 10, 20, 0)]
    public void GreatCircleKilometres_KnownPlaces_IsKnown(double latitude1, double longitude1, double latitude2, double longitude2, double expected) =>
        Assert.That(LanguageFeatures.GreatCircleKilometres(latitude1, longitude1, latitude2, longitude2), Is.EqualTo(expected).Within(0.1));

    [TestCase("ine>gem>gmw", "ine>gem>gmw", 0.875)]
    [TestCase("ine>gem>gmw", "ine>gem>gmq", 0.75)]
    [TestCase("ine>gem", "ine>gem>gmq", 0.75)]
    [TestCase("ine>gem", "ine>sla", 0.5)]
    [TestCase("ine>sla", "urj>sla", 0.0)]
    [TestCase("", "urj", null)]
    public void FamilySimilarity_Paths_CountsSharedGroups(string a, string b, double? expected)
    {
        Assert.That(Of(a).FamilySimilarity(Of(b)), Is.EqualTo(expected));
        Assert.That(Of(b).FamilySimilarity(Of(a)), Is.EqualTo(expected));
    }

    [Test]
    public void GeographySimilarity_NoPlace_IsUnknown()
    {
        LanguageFeatures here = Of("ine") with { Latitude = 1, Longitude = 2 };
        Assert.That(here.GeographySimilarity(Of("ine"), 1000), Is.Null);
        Assert.That(here.GeographySimilarity(here, 1000), Is.EqualTo(1));
    }

    private static LanguageFeatures Of(string path) =>
        new("x", "x", null, path.Split('>', StringSplitOptions.RemoveEmptyEntries), null, null);
}
