namespace Glossa.Data.Languages.Selection;

/// <summary>The chosen languages and how well they stand for the others.</summary>
/// <param name="Method">How they were chosen.</param>
/// <param name="Picks">The chosen languages in the order of choice.</param>
/// <param name="Others">Every other language with its nearest chosen relative, in ordinal order of tags.</param>
/// <param name="Coverage">
/// The sum, over all languages, of the similarity to the nearest chosen one (1 for the chosen themselves): what
/// <see cref="SelectionMethod.Diverse"/> makes large, and the sum of the picks' gains.
/// </param>
/// <param name="MeanCoverage"><paramref name="Coverage"/> over the number of languages.</param>
/// <param name="MeanOthersCoverage">The mean similarity of the others to their nearest chosen relative; 1 where there are none.</param>
/// <param name="MinCoverage">The least similarity of a language to its nearest chosen relative; 1 where all are chosen.</param>
public sealed record SelectionResult(
    SelectionMethod Method,
    IReadOnlyList<LanguagePick> Picks,
    IReadOnlyList<NearestChosen> Others,
    double Coverage,
    double MeanCoverage,
    double MeanOthersCoverage,
    double MinCoverage)
{
    /// <summary>The tags of the chosen languages in the order of choice.</summary>
    public IReadOnlyList<string> Tags => [.. Picks.Select(pick => pick.Tag)];
}

/// <summary>One chosen language and why.</summary>
/// <param name="Tag">Its tag.</param>
/// <param name="Name">Its name in the table; the tag where there is none.</param>
/// <param name="Script">ISO 15924 code from the table or the text, or null.</param>
/// <param name="FamilyPath">ISO 639-5 codes; empty where unknown.</param>
/// <param name="Gain">By how much it raised the coverage when it was chosen.</param>
/// <param name="NewlyRepresents">The others that it stood for best when it was chosen, most alike first, at most <see cref="LanguageSelector.TopRelatives"/>.</param>
/// <param name="NewlyRepresentsCount">How many those were in all.</param>
/// <param name="Represents">The others whose nearest chosen relative it is in the end, most alike first.</param>
/// <param name="Reason">The same as one line of text.</param>
public sealed record LanguagePick(
    string Tag,
    string Name,
    string? Script,
    IReadOnlyList<string> FamilyPath,
    double Gain,
    IReadOnlyList<Relative> NewlyRepresents,
    int NewlyRepresentsCount,
    IReadOnlyList<Relative> Represents,
    string Reason);

/// <summary>A language and how alike it is to another.</summary>
/// <param name="Tag">Its tag.</param>
/// <param name="Similarity">Between 0 (nothing in common) and 1 (the same).</param>
public readonly record struct Relative(string Tag, double Similarity);

/// <summary>A language that was not chosen.</summary>
/// <param name="Tag">Its tag.</param>
/// <param name="NearestTag">The chosen language most alike to it; of equals the one chosen first.</param>
/// <param name="Similarity">How alike the two are, between 0 and 1.</param>
public readonly record struct NearestChosen(string Tag, string NearestTag, double Similarity);
