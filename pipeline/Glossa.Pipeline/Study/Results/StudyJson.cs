using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Study.Plan;

namespace Glossa.Pipeline.Study.Results;

/// <summary>
/// The form of study.json, made for version control: sorted, a line for each part of a cell, numbers with all their
/// digits. Settings that all cells share stand once.
/// </summary>
internal static class StudyJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        IgnoreReadOnlyProperties = true,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        Converters = { new ValueListConverter<ComparisonPlan>(), new ValueListConverter<EqualQualityPlan>(), new ValueListConverter<string>() },
    };

    /// <summary>The text of a file.</summary>
    public static string Write(StudyResults results)
    {
        Dictionary<string, string> common = Common(results.Cells);
        StringBuilder text = new("{\n");
        text.Append("\"version\": ").Append(Json(results.Version)).Append(",\n\"study\": ").Append(Json(results.Study)).Append(",\n\"arms\": ");
        WriteItems(text, results.Arms.Select(Json), '[', ']');
        text.Append(",\n\"report\": ");
        WriteItems(text, Properties(results.Report), '{', '}');
        if (results.Baseline is not null) text.Append(",\n\"baseline\": ").Append(Json(results.Baseline));
        text.Append(",\n\"settings\": ");
        WriteItems(text, common.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{Json(entry.Key)}: {Json(entry.Value)}"), '{', '}');
        text.Append(",\n\"cells\": [");
        string separator = "\n";
        foreach (CellResult cell in results.Cells.OrderBy(cell => cell.Arm, StringComparer.Ordinal).ThenBy(cell => cell.Seed))
        {
            text.Append(separator);
            WriteItems(text, Properties(cell with { Settings = new SortedDictionary<string, string>(cell.Settings.Where(entry => !common.ContainsKey(entry.Key)).ToDictionary(), StringComparer.Ordinal) }), '{', '}');
            separator = ",\n";
        }
        return text.Append("\n]\n}\n").ToString();
    }

    /// <summary>The results of a text.</summary>
    /// <exception cref="JsonException">It is not the text of such a file.</exception>
    public static StudyResults Read(ReadOnlySpan<byte> json)
    {
        StudyDocument document = JsonSerializer.Deserialize<StudyDocument>(json, Options) ?? throw new JsonException("the file holds null");
        return new StudyResults(document.Version, document.Study, document.Arms, document.Report, [.. document.Cells.Select(Whole)]) { Baseline = document.Baseline };

        CellResult Whole(CellResult cell)
        {
            SortedDictionary<string, string> settings = new(document.Settings.ToDictionary(), StringComparer.Ordinal);
            foreach ((string key, string value) in cell.Settings) settings[key] = value;
            return cell with { Settings = settings };
        }
    }

    /// <summary>A value in the form that the file has for it.</summary>
    public static JsonElement Element<T>(T value) => JsonSerializer.SerializeToElement(value, Options);

    private static Dictionary<string, string> Common(IReadOnlyList<CellResult> cells) => cells.Count == 0 ? [] :
        cells[0].Settings.Where(entry => cells.All(cell => cell.Settings.GetValueOrDefault(entry.Key) == entry.Value)).ToDictionary();

    private static IEnumerable<string> Properties<T>(T value) => Element(value).EnumerateObject()
        .Select(property => $"{Json(property.Name)}: {property.Value.GetRawText()}");

    private static void WriteItems(StringBuilder text, IEnumerable<string> items, char open, char close)
    {
        text.Append(open);
        string separator = "\n  ";
        foreach (string item in items)
        {
            text.Append(separator).Append(item);
            separator = ",\n  ";
        }
        if (separator[0] == ',') text.Append('\n');
        text.Append(close);
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, Options);

    private sealed record StudyDocument(
        int Version, string Study, IReadOnlyList<StudyArm> Arms, StudyReportPlan Report,
        IReadOnlyDictionary<string, string> Settings, IReadOnlyList<CellResult> Cells, BaselineResult? Baseline = null);

    private sealed class ValueListConverter<T> : JsonConverter<ValueList<T>>
    {
        public override ValueList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            [.. JsonSerializer.Deserialize<T[]>(ref reader, options) ?? throw new JsonException("a list is null")];

        public override void Write(Utf8JsonWriter writer, ValueList<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize<IReadOnlyList<T>>(writer, [.. value], options);
    }
}
