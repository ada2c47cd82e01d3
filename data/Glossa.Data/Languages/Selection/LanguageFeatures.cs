namespace Glossa.Data.Languages.Selection;

/// <summary>What the similarity of two languages is made of, besides their text.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Name">The name, or the tag.</param>
/// <param name="Script">ISO 15924 code from the table, else from the text; null where neither says.</param>
/// <param name="FamilyPath">ISO 639-5 codes from the family down; empty where unknown.</param>
/// <param name="Latitude">Degrees north, or null.</param>
/// <param name="Longitude">Degrees east, or null.</param>
internal sealed record LanguageFeatures(
    string Tag, string Name, string? Script, IReadOnlyList<string> FamilyPath, double? Latitude, double? Longitude)
{
    private const double EarthRadiusKilometres = 6371.0088;

    /// <summary>The features of a candidate: the table's, with the script read off the text where the table has none.</summary>
    public static LanguageFeatures Of(LanguageCandidate candidate, LanguageTable table, int maxCharacters)
    {
        LanguageInfo info = table.Resolve(candidate.Tag);
        string? script = info.Script ?? ScriptDetector.Detect(candidate.TrainTexts, maxCharacters);
        return new LanguageFeatures(candidate.Tag, info.Name, script, info.FamilyPath, info.Latitude, info.Longitude);
    }

    /// <summary>1 for the same script, 0 for another, null where one is unknown.</summary>
    public double? ScriptSimilarity(LanguageFeatures other)
    {
        if (Script is null || other.Script is null) return null;
        return Script == other.Script ? 1 : 0;
    }

    /// <summary>1 - 2^-k where the first k groups agree, null where a path is unknown.</summary>
    public double? FamilySimilarity(LanguageFeatures other)
    {
        int shorter = Math.Min(FamilyPath.Count, other.FamilyPath.Count);
        if (shorter == 0) return null;
        int shared = 0;
        while (shared < shorter && FamilyPath[shared] == other.FamilyPath[shared]) shared++;
        return 1 - Math.ScaleB(1, -shared);
    }

    /// <summary>exp(-distance / scale), null where a place is unknown.</summary>
    public double? GeographySimilarity(LanguageFeatures other, double scaleKilometres) =>
        Latitude is double latitude && Longitude is double longitude
            && other.Latitude is double otherLatitude && other.Longitude is double otherLongitude
            ? Math.Exp(-GreatCircleKilometres(latitude, longitude, otherLatitude, otherLongitude) / scaleKilometres)
            : null;

    /// <summary>Distance along the globe between two places in degrees (haversine formula).</summary>
    public static double GreatCircleKilometres(double latitude1, double longitude1, double latitude2, double longitude2)
    {
        double phi1 = double.DegreesToRadians(latitude1);
        double phi2 = double.DegreesToRadians(latitude2);
        double sinPhi = Math.Sin((phi2 - phi1) / 2);
        double sinLambda = Math.Sin(double.DegreesToRadians(longitude2 - longitude1) / 2);
        double h = (sinPhi * sinPhi) + (Math.Cos(phi1) * Math.Cos(phi2) * sinLambda * sinLambda);
        return 2 * EarthRadiusKilometres * Math.Asin(Math.Min(1, Math.Sqrt(h)));
    }
}
