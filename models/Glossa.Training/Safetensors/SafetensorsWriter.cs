using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Glossa.Training.Parameters;

namespace Glossa.Training.Safetensors;

/// <summary>A tensor to write: its bytes are asked for when they are written, so that nothing is copied.</summary>
public sealed class SafetensorsTensor
{
    private readonly BytesSource _bytes;

    private SafetensorsTensor(string name, SafetensorsType type, long[] shape, long length, BytesSource bytes)
    {
        long claimed = shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
        if (claimed != length || shape.Any(dimension => dimension < 0))
            throw new ArgumentException($"the tensor '{name}' has {length} elements, its shape [{string.Join(", ", shape)}] {claimed}", nameof(shape));
        (Name, Type, Shape, ByteLength, _bytes) = (name, type, shape, length * type.ElementSize(), bytes);
    }

    private delegate ReadOnlySpan<byte> BytesSource();

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>Element type.</summary>
    public SafetensorsType Type { get; }

    /// <summary>Dimensions, outermost first.</summary>
    public long[] Shape { get; }

    /// <summary>Bytes of data.</summary>
    public long ByteLength { get; }

    /// <summary>Little-endian data.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes();

    /// <summary>A float32 tensor from managed memory.</summary>
    public static SafetensorsTensor Floats(string name, long[] shape, ReadOnlyMemory<float> data) =>
        new(name, SafetensorsType.F32, shape, data.Length, () => MemoryMarshal.AsBytes(data.Span));

    /// <summary>A float32 tensor from a stretch of a buffer.</summary>
    public static SafetensorsTensor Floats(string name, long[] shape, FloatBuffer buffer, int offset, int length) =>
        new(name, SafetensorsType.F32, shape, length, () => MemoryMarshal.AsBytes(buffer.Span.Slice(offset, length)));

    /// <summary>An int32 tensor.</summary>
    public static SafetensorsTensor Int32s(string name, long[] shape, ReadOnlyMemory<int> data) =>
        new(name, SafetensorsType.I32, shape, data.Length, () => MemoryMarshal.AsBytes(data.Span));

    /// <summary>An int64 tensor.</summary>
    public static SafetensorsTensor Int64s(string name, long[] shape, ReadOnlyMemory<long> data) =>
        new(name, SafetensorsType.I64, shape, data.Length, () => MemoryMarshal.AsBytes(data.Span));
}

/// <summary>
/// Writes the safetensors format: the header's length as a little-endian uint64, the header as JSON padded with spaces to a multiple of
/// 8 bytes, then the tensors' data one after another in the order given.
/// </summary>
public static class SafetensorsWriter
{
    internal const string MetadataKey = "__metadata__";

    /// <summary>Writes a file atomically.</summary>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static void WriteFile(string path, IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyList<KeyValuePair<string, string>>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes to a stream.</summary>
    /// <returns>The header as written, without its length.</returns>
    /// <exception cref="ArgumentException">Two tensors have one name, or a name is reserved.</exception>
    public static byte[] Write(Stream stream, IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyList<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("safetensors are little-endian");
        byte[] header = Header(tensors, metadata ?? []);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (SafetensorsTensor tensor in tensors) stream.Write(tensor.Bytes);
        return header;
    }

    private static byte[] Header(IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        HashSet<string> names = [MetadataKey];
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (SafetensorsTensor tensor in tensors)
            {
                if (!names.Add(tensor.Name))
                    throw new ArgumentException($"the tensor name '{tensor.Name}' is taken or reserved", nameof(tensors));
                WriteEntry(json, tensor, offset);
                offset = checked(offset + tensor.ByteLength);
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteEntry(Utf8JsonWriter json, SafetensorsTensor tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.ToString());
        json.WriteStartArray("shape");
        foreach (long dimension in tensor.Shape) json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(checked(offset + tensor.ByteLength));
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
