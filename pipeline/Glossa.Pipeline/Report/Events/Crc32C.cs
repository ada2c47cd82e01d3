using System.Buffers.Binary;
using System.Numerics;

namespace Glossa.Pipeline.Report.Events;

/// <summary>CRC-32C (Castagnoli), as RFC 3720 defines it, and TensorFlow's masked form of it.</summary>
internal static class Crc32C
{
    private const uint MaskDelta = 0xA282EAD8;

    /// <summary>The check sum of <paramref name="data"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (byte value in data) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    /// <summary>The masked check sum that stands in a record, so that a check sum over check sums stays strong.</summary>
    public static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = Compute(data);
        return unchecked(uint.RotateRight(crc, 15) + MaskDelta);
    }
}
