using System.Globalization;

namespace Glossa.Data.Languages.Selection;

/// <summary>Writes the reason of a pick as one line of text.</summary>
internal static class PickReason
{
    /// <summary>
    /// Such as <c>nearest chosen relative for 12 languages: sv 0.84, da 0.83, ... (script Latn, family ine&gt;gmq)</c>.
    /// </summary>
    /// <param name="features">The chosen language.</param>
    /// <param name="represents">The languages it stands for, most alike first.</param>
    /// <param name="nearestPick">The other chosen language most alike to it; null where it is the only one.</param>
    public static string Write(LanguageFeatures features, IReadOnlyList<Relative> represents, Relative? nearestPick)
    {
        string kin = $"(script {features.Script ?? "unknown"}, family {(features.FamilyPath.Count == 0 ? "unknown" : string.Join('>', features.FamilyPath))})";
        if (represents.Count == 0)
        {
            string alike = nearestPick is Relative nearest ? $"; the most alike of the other choices is {Format(nearest)}" : "";
            return $"stands for itself alone{alike} {kin}";
        }
        string named = string.Join(", ", represents.Take(LanguageSelector.TopRelatives).Select(Format));
        string more = represents.Count > LanguageSelector.TopRelatives ? ", ..." : "";
        string languages = represents.Count == 1 ? "1 language" : string.Create(CultureInfo.InvariantCulture, $"{represents.Count} languages");
        return $"nearest chosen relative for {languages}: {named}{more} {kin}";
    }

    private static string Format(Relative relative) => string.Create(CultureInfo.InvariantCulture, $"{relative.Tag} {relative.Similarity:0.00}");
}
