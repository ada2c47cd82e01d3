using System.Buffers.Binary;

namespace Glossa.Data.Tokenizers.HuggingFace.SentencePiece;

/// <summary>Walks the fields of one protobuf message.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a varint or, as bits, of a fixed field.</summary>
    public ulong Number { get; private set; }

    /// <summary>The bytes of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The value of a 32-bit field as a number.</summary>
    public readonly float Single => BitConverter.UInt32BitsToSingle((uint)Number);

    /// <summary>Goes to the next field.</summary>
    /// <exception cref="FormatException">The message is damaged.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        ulong tag = Varint();
        Field = (int)(tag >> 3);
        Number = 0;
        Bytes = default;
        switch (tag & 7)
        {
            case 0: Number = Varint(); break;
            case 1: Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8)); break;
            case 2: Bytes = Take(Varint()); break;
            case 5: Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4)); break;
            default: throw new FormatException("the file is no sentencepiece model, or damaged");
        }
        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = Take(1)[0];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
        throw new FormatException("the file is no sentencepiece model, or damaged");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length) throw new FormatException("the file is no sentencepiece model, or cut off");
        ReadOnlySpan<byte> taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
