using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Glossa.Pipeline.Report.Events;

/// <summary>
/// Writes events as TensorFlow's records: length, masked check sum of the length, data, masked check sum of the data.
/// The data is a protocol buffer message <c>Event</c> (wall_time = 1, step = 2, file_version = 3, summary = 5) whose
/// <c>Summary</c> holds values (1) of tag (1) and simple_value (2).
/// </summary>
internal sealed class EventRecordWriter(Stream stream)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;

    private readonly ArrayBufferWriter<byte> _event = new();
    private readonly ArrayBufferWriter<byte> _summary = new();
    private readonly ArrayBufferWriter<byte> _value = new();

    /// <summary>Writes the event that opens a file.</summary>
    public void WriteVersion(double wallTime)
    {
        _event.ResetWrittenCount();
        PutDouble(_event, 1, wallTime);
        PutBytes(_event, 3, "brain.Event:2"u8);
        WriteRecord(_event.WrittenSpan);
    }

    /// <summary>Writes one event with scalars of one step.</summary>
    public void WriteScalars(double wallTime, long step, ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        _summary.ResetWrittenCount();
        foreach ((string tag, double value) in scalars)
        {
            _value.ResetWrittenCount();
            PutBytes(_value, 1, Encoding.UTF8.GetBytes(tag));
            PutTag(_value, 2, Fixed32);
            BinaryPrimitives.WriteSingleLittleEndian(_value.GetSpan(sizeof(float)), (float)value);
            _value.Advance(sizeof(float));
            PutBytes(_summary, 1, _value.WrittenSpan);
        }
        _event.ResetWrittenCount();
        PutDouble(_event, 1, wallTime);
        PutTag(_event, 2, Varint);
        PutVarint(_event, unchecked((ulong)step));
        PutBytes(_event, 5, _summary.WrittenSpan);
        WriteRecord(_event.WrittenSpan);
    }

    private void WriteRecord(ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[sizeof(ulong)..], Crc32C.Masked(head[..sizeof(ulong)]));
        stream.Write(head);
        stream.Write(data);
        Span<byte> tail = head[..sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, Crc32C.Masked(data));
        stream.Write(tail);
    }

    private static void PutTag(ArrayBufferWriter<byte> target, int field, int wireType) => PutVarint(target, (ulong)((field << 3) | wireType));

    private static void PutDouble(ArrayBufferWriter<byte> target, int field, double value)
    {
        PutTag(target, field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(target.GetSpan(sizeof(double)), value);
        target.Advance(sizeof(double));
    }

    private static void PutBytes(ArrayBufferWriter<byte> target, int field, ReadOnlySpan<byte> value)
    {
        PutTag(target, field, LengthDelimited);
        PutVarint(target, (ulong)value.Length);
        target.Write(value);
    }

    private static void PutVarint(ArrayBufferWriter<byte> target, ulong value)
    {
        const int Longest = 10;
        Span<byte> span = target.GetSpan(Longest);
        int length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        target.Advance(length);
    }
}
