namespace Glossa.Data.Languages;

/// <summary>Which way a language is written.</summary>
public enum TextDirection
{
    /// <summary>From left to right.</summary>
    LeftToRight = 0,

    /// <summary>From right to left.</summary>
    RightToLeft = 1,
}

/// <summary>What is known about one language; everything but the tag may be missing.</summary>
/// <param name="Tag">BCP 47 tag as the corpus spells it.</param>
/// <param name="Name">English name; the tag where none is known.</param>
/// <param name="Iso6393">ISO 639-3 code, or null.</param>
/// <param name="Script">ISO 15924 code of the script, or null where it is unknown.</param>
/// <param name="Family">ISO 639-5 code of the top-level family, or null.</param>
/// <param name="FamilyPath">ISO 639-5 codes from the top-level family down to the nearest group; empty where unknown.</param>
/// <param name="Direction">Which way it is written.</param>
/// <param name="Latitude">Degrees north, or null.</param>
/// <param name="Longitude">Degrees east, or null.</param>
/// <param name="SpeakersMillions">Speakers in millions, or null.</param>
/// <param name="Bytes">Bytes of text in the corpus that the table describes, or null.</param>
public sealed record LanguageInfo(
    string Tag,
    string Name,
    string? Iso6393,
    string? Script,
    string? Family,
    IReadOnlyList<string> FamilyPath,
    TextDirection Direction,
    double? Latitude,
    double? Longitude,
    double? SpeakersMillions,
    long? Bytes)
{
    /// <summary>A language that no table describes: its tag and, where the tag has a script subtag, its script.</summary>
    public static LanguageInfo Unknown(string tag) =>
        new(tag, tag, null, ScriptSubtag(tag), null, [], TextDirection.LeftToRight, null, null, null, null);

    /// <summary>The script subtag of a BCP 47 tag (<c>zh-Hant</c>: <c>Hant</c>), or null.</summary>
    internal static string? ScriptSubtag(string tag)
    {
        string[] parts = tag.Split('-');
        for (int i = 1; i < parts.Length; i++)
        {
            if (parts[i].Length == 1) return null; // Extensions and private use begin here.
            if (parts[i].Length == 4 && parts[i].All(char.IsAsciiLetter))
                return char.ToUpperInvariant(parts[i][0]) + parts[i][1..].ToLowerInvariant();
        }
        return null;
    }
}
