using System.Buffers.Binary;
using System.Text.Json;

namespace Glossa.Training.Safetensors;

/// <summary>A tensor's entry in a safetensors header.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="ByteLength">Bytes of data.</param>
public sealed record SafetensorsEntry(string Name, SafetensorsType Type, long[] Shape, long Offset, long ByteLength)
{
    /// <summary>Number of elements.</summary>
    public long Length => ByteLength / Type.ElementSize();
}

/// <summary>Parses a header and distrusts it: every number is checked against the file before anything is allocated by it.</summary>
internal static class SafetensorsHeader
{
    /// <summary>The format's own limit on the header.</summary>
    private const long MaximumHeaderLength = 100_000_000;

    /// <summary>Reads the header of a file.</summary>
    /// <exception cref="InputException">The file is truncated, or its header contradicts itself or the file.</exception>
    public static (List<SafetensorsEntry> Entries, Dictionary<string, string> Metadata) Read(Stream stream, string path)
    {
        long fileLength = stream.Length;
        byte[] prefix = new byte[sizeof(ulong)];
        if (fileLength < prefix.Length) throw Damaged(path, $"the file has {fileLength} bytes, fewer than the 8 of a header's length");
        stream.ReadExactly(prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        ulong limit = (ulong)Math.Min(MaximumHeaderLength, fileLength - prefix.Length);
        if (length is 0 || length > limit) throw Damaged(path, $"the header claims {length} bytes, at most {limit} are possible");
        byte[] header = new byte[length];
        stream.ReadExactly(header);
        long dataStart = prefix.Length + header.Length;
        try
        {
            using JsonDocument document = JsonDocument.Parse(header);
            return Parse(document.RootElement, path, dataStart, fileLength);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            // InvalidOperationException and FormatException: a value of another JSON kind or a number that is no int64.
            throw new InputException($"the header is no valid safetensors header ({FirstSentence(e.Message)})", path, Fix, e);
        }
    }

    private const string Fix = "the file is damaged or not a safetensors file";

    private static (List<SafetensorsEntry>, Dictionary<string, string>) Parse(JsonElement root, string path, long dataStart, long fileLength)
    {
        List<SafetensorsEntry> entries = [];
        Dictionary<string, string> metadata = [];
        HashSet<string> names = [];
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!names.Add(property.Name)) throw Damaged(path, $"two entries are called '{property.Name}'");
            if (property.Name != SafetensorsWriter.MetadataKey)
            {
                entries.Add(ParseEntry(property, path, dataStart, fileLength));
                continue;
            }
            foreach (JsonProperty pair in property.Value.EnumerateObject())
            {
                if (pair.Value.ValueKind != JsonValueKind.String) throw Damaged(path, $"the metadata '{pair.Name}' is no string");
                if (!metadata.TryAdd(pair.Name, pair.Value.GetString()!)) throw Damaged(path, $"two metadata are called '{pair.Name}'");
            }
        }
        CheckCover(entries, path, dataStart, fileLength);
        return (entries, metadata);
    }

    private static SafetensorsEntry ParseEntry(JsonProperty property, string path, long dataStart, long fileLength)
    {
        string name = property.Name;
        JsonElement value = property.Value;
        if (!value.TryGetProperty("dtype", out JsonElement dtype) || !value.TryGetProperty("shape", out JsonElement dimensions)
            || !value.TryGetProperty("data_offsets", out JsonElement offsets))
            throw Damaged(path, $"the tensor '{name}' lacks dtype, shape or data_offsets");
        string? typeName = dtype.GetString();
        if (!Enum.TryParse(typeName, out SafetensorsType type) || type.ToString() != typeName)
            throw new InputException($"the tensor '{name}' has the element type '{typeName}'", path, $"known are {string.Join(", ", Enum.GetNames<SafetensorsType>())}");

        long[] shape = [.. dimensions.EnumerateArray().Select(dimension => dimension.GetInt64())];
        if (shape.Any(dimension => dimension < 0)) throw Damaged(path, $"the tensor '{name}' claims the shape [{string.Join(", ", shape)}]");
        long bytes = shape.Contains(0) ? 0 : shape.Aggregate((long)type.ElementSize(), (product, dimension) => checked(product * dimension));
        long[] range = [.. offsets.EnumerateArray().Select(offset => offset.GetInt64())];
        if (range is not [>= 0, var end] || end < range[0] || end > fileLength - dataStart)
            throw Damaged(path, $"the tensor '{name}' lies at [{string.Join(", ", range)}], outside the {fileLength - dataStart} bytes of data");
        if (end - range[0] != bytes)
            throw Damaged(path, $"the tensor '{name}' has {end - range[0]} bytes, its shape [{string.Join(", ", shape)}] of {type} takes {bytes}");
        return new SafetensorsEntry(name, type, shape, dataStart + range[0], bytes);
    }

    /// <summary>The format wants the data without overlaps and without holes.</summary>
    private static void CheckCover(List<SafetensorsEntry> entries, string path, long dataStart, long fileLength)
    {
        long end = dataStart;
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.ByteLength))
        {
            if (entry.Offset < end) throw Damaged(path, $"the tensor '{entry.Name}' overlaps another one");
            if (entry.Offset > end) throw Damaged(path, $"{entry.Offset - end} bytes before the tensor '{entry.Name}' belong to no tensor");
            end = entry.Offset + entry.ByteLength;
        }
        if (end != fileLength) throw Damaged(path, $"the header describes {end} bytes, the file has {fileLength}");
    }

    private static string FirstSentence(string message) => message.Split(". ")[0].TrimEnd('.');

    private static InputException Damaged(string path, string what) => new(what, path, Fix);
}
