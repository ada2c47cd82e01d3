using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Glossa.Pipeline.Report;

/// <summary>
/// How reports stand in JSON: camel case, keys in order of declaration, numbers with all their digits, null keys left
/// out, a missing or null required value refused.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(Comparing.ComparisonResult))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    // Lazy, because nothing orders this field's initializer after the generated one of Default.
    private static readonly Lazy<ReportJson> LazyReadable = new(Create);

    /// <summary>The context to use: as declared, with letters of all scripts written as themselves.</summary>
    public static ReportJson Readable => LazyReadable.Value;

    /// <summary>UTF-8 JSON of <paramref name="value"/> with a newline at the end.</summary>
    public static byte[] Serialize<T>(T value, JsonTypeInfo<T> type) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(value, type), (byte)'\n'];

    private static ReportJson Create()
    {
        JsonSerializerOptions options = new(Default.Options)
        {
            Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
            TypeInfoResolver = null,
        };
        return new(options);
    }
}
