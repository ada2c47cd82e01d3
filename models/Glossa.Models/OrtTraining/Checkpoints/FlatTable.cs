using System.Buffers.Binary;
using System.Text;

namespace Glossa.Models.OrtTraining.Checkpoints;

/// <summary>
/// A FlatBuffers table inside a file that nobody has checked: every offset is held to the file before it is followed, and nothing is copied but names.
/// Format: https://flatbuffers.dev/internals.
/// </summary>
internal readonly struct FlatTable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly FlatFile _file;
    private readonly int _start;
    private readonly int _fields;
    private readonly int _fieldCount;

    private FlatTable(FlatFile file, int start)
    {
        (_file, _start) = (file, start);
        long fields = (long)start - BinaryPrimitives.ReadInt32LittleEndian(file.Span(start, 4));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(file.Span(fields, 4));
        if (size < 4) throw file.Damaged("a table has no fields");
        file.Span(fields, size);
        (_fields, _fieldCount) = ((int)fields + 4, (size - 4) / 2);
    }

    /// <summary>The root table of a file.</summary>
    public static FlatTable Root(FlatFile file) => new(file, Follow(file, 0));

    /// <summary>True where the field is written.</summary>
    public bool Has(int field) => Place(field) != 0;

    public int Int32(int field, int otherwise) => Place(field) is > 0 and var place ? BinaryPrimitives.ReadInt32LittleEndian(_file.Span(place, 4)) : otherwise;

    public long Int64(int field, long otherwise) => Place(field) is > 0 and var place ? BinaryPrimitives.ReadInt64LittleEndian(_file.Span(place, 8)) : otherwise;

    public float Single(int field, float otherwise) => Place(field) is > 0 and var place ? BinaryPrimitives.ReadSingleLittleEndian(_file.Span(place, 4)) : otherwise;

    public bool Flag(int field) => Place(field) is > 0 and var place && _file.Span(place, 1)[0] != 0;

    /// <summary>A string; empty where it is not written.</summary>
    public string Text(int field)
    {
        try
        {
            if (Place(field) is not (> 0 and var place)) return "";
            int start = Follow(_file, place);
            // A zero follows the text, for readers in C.
            ReadOnlySpan<byte> text = _file.Span((long)start + 4, 1L + BinaryPrimitives.ReadUInt32LittleEndian(_file.Span(start, 4)));
            return text[^1] == 0 ? Utf8.GetString(_file.Text(text[..^1])) : throw _file.Damaged("a name has no end");
        }
        catch (DecoderFallbackException)
        {
            throw _file.Damaged("a name is not UTF-8");
        }
    }

    /// <summary>A vector of bytes, as it lies in the file; empty where it is not written.</summary>
    public ReadOnlyMemory<byte> Bytes(int field) => Elements(field, 1);

    /// <summary>A vector of at most <paramref name="most"/> integers.</summary>
    public long[] Int64s(int field, int most)
    {
        ReadOnlySpan<byte> elements = Elements(field, 8).Span;
        if (elements.Length / 8 > most) throw _file.Damaged($"a tensor has {elements.Length / 8} axes");
        long[] values = new long[elements.Length / 8];
        for (int i = 0; i < values.Length; i++) values[i] = BinaryPrimitives.ReadInt64LittleEndian(elements[(8 * i)..]);
        return values;
    }

    /// <summary>A table; null where it is not written.</summary>
    public FlatTable? Table(int field) => Place(field) is > 0 and var place ? new FlatTable(_file, Follow(_file, place)) : null;

    /// <summary>A vector of tables, each read as it is asked for; none where it is not written.</summary>
    public IEnumerable<FlatTable> Tables(int field)
    {
        if (Place(field) is not (> 0 and var place)) yield break;
        int vector = Follow(_file, place), count = Elements(field, 4).Length / 4;
        for (int i = 0; i < count; i++) yield return new FlatTable(_file, Follow(_file, vector + 4 + (4 * i)));
    }

    /// <summary>Where a field lies; 0 where it is not written.</summary>
    private long Place(int field)
    {
        if (field >= _fieldCount) return 0;
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(_file.Span(_fields + (2 * field), 2));
        return offset == 0 ? 0 : (long)_start + offset;
    }

    private ReadOnlyMemory<byte> Elements(int field, int size)
    {
        if (Place(field) is not (> 0 and var place)) return default;
        int vector = Follow(_file, place);
        long count = BinaryPrimitives.ReadUInt32LittleEndian(_file.Span(vector, 4));
        return _file.Memory((long)vector + 4, count * size);
    }

    private static int Follow(FlatFile file, long place)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(file.Span(place, 4));
        long target = place + offset;
        file.Span(target, 4);
        return (int)target;
    }
}
