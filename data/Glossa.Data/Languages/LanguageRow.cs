using System.Globalization;
using CsvHelper;

namespace Glossa.Data.Languages;

/// <summary>Reads and checks the fields of the current row of a language table.</summary>
internal readonly struct LanguageRow(CsvReader csv, string path)
{
    // ISO 15924 codes that name no script: common, inherited, unknown, undetermined mixtures.
    private static readonly string[] NoScript = ["Zyyy", "Zinh", "Zzzz"];

    /// <exception cref="InputException">A field has no sensible value.</exception>
    public LanguageInfo ToInfo()
    {
        string tag = Text("language") ?? throw Bad("language", "", "a BCP 47 tag such as 'sw'");
        string? script = Text("script");
        string? family = Text("family");
        string[] familyPath = Text("genus_path")?.Split('>', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (familyPath.Length == 0 && family is not null) familyPath = [family];
        double? latitude = Number("latitude", -90, 90);
        double? longitude = Number("longitude", -180, 180);
        return new LanguageInfo(
            tag,
            Text("name") ?? tag,
            Text("iso639_3"),
            NoScript.Contains(script) ? null : script,
            family ?? familyPath.FirstOrDefault(),
            familyPath,
            Direction(),
            // One coordinate without the other is no place.
            longitude is null ? null : latitude,
            latitude is null ? null : longitude,
            Number("speakers_millions", 0, double.MaxValue),
            (long?)Number("bytes", 0, long.MaxValue));
    }

    /// <summary>The place of the current row for messages; the header is not counted.</summary>
    public static string Where(CsvReader csv, string path) => $"{path}, row {csv.RowNumber} (line {csv.LineNumber})";

    private string? Text(string column)
    {
        if (!csv.TryGetFieldIndex(column, out int field)) return null;
        string value = csv.GetString(field);
        return value.Length == 0 ? null : value;
    }

    private double? Number(string column, double least, double most)
    {
        if (Text(column) is not string text) return null;
        bool good = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value >= least && value <= most;
        if (good) return value;
        string expected = most > 1e9
            ? string.Create(CultureInfo.InvariantCulture, $"a number from {least}")
            : string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}");
        throw Bad(column, text, expected);
    }

    private TextDirection Direction() => Text("direction") switch
    {
        null or "ltr" => TextDirection.LeftToRight,
        "rtl" => TextDirection.RightToLeft,
        string other => throw Bad("direction", other, "'ltr' or 'rtl'"),
    };

    private InputException Bad(string column, string value, string expected) =>
        new($"column '{column}' holds '{value}'", Where(csv, path), $"write {expected}");
}
