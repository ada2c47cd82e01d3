using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Glossa.Models.Onnx;
using Google.Protobuf;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>The elements of a sound tensor, whichever of its fields holds them.</summary>
internal static class TensorData
{
    /// <summary>The tensor's elements as the little-endian bytes that <c>raw_data</c> would hold.</summary>
    internal static ReadOnlySpan<byte> Bytes(TensorProto tensor)
    {
        if (tensor.RawData.Length > 0) return tensor.RawData.Span;
        if (tensor.FloatData.Count > 0) return MemoryMarshal.AsBytes<float>(tensor.FloatData.ToArray());
        if (tensor.DoubleData.Count > 0) return MemoryMarshal.AsBytes<double>(tensor.DoubleData.ToArray());
        if (tensor.Int64Data.Count > 0) return MemoryMarshal.AsBytes<long>(tensor.Int64Data.ToArray());
        int bits = ElementTypes.Bits((DataType)tensor.DataType);
        if (tensor.Uint64Data.Count > 0) return Narrowed([.. tensor.Uint64Data.Select(v => unchecked((long)v))], bits);
        return Narrowed([.. tensor.Int32Data.Select(v => (long)v)], bits);
    }

    /// <summary>The elements of a float32 tensor, without a copy where its bytes are them.</summary>
    internal static ReadOnlySpan<float> FloatSpan(TensorProto tensor) => MemoryMarshal.Cast<byte, float>(Bytes(tensor));

    /// <summary>The elements of a tensor of floats, integers or booleans as float32.</summary>
    internal static float[] Floats(TensorProto tensor)
    {
        DataType type = (DataType)tensor.DataType;
        if (type == DataType.Float && tensor.FloatData.Count > 0) return [.. tensor.FloatData];
        ReadOnlySpan<byte> bytes = Bytes(tensor);
        float[] values = new float[OnnxFactory.ElementCount(tensor)];
        switch (type)
        {
            case DataType.Float:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values);
                break;
            case DataType.Double:
                ReadOnlySpan<double> doubles = MemoryMarshal.Cast<byte, double>(bytes);
                for (int i = 0; i < values.Length; i++) values[i] = (float)doubles[i];
                break;
            case DataType.Float16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < values.Length; i++) values[i] = (float)halves[i];
                break;
            case DataType.Bfloat16:
                ReadOnlySpan<ushort> tops = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < values.Length; i++) values[i] = BitConverter.UInt32BitsToSingle((uint)tops[i] << 16);
                break;
            default:
                for (int i = 0; i < values.Length; i++) values[i] = Integer(bytes, type, i);
                break;
        }
        return values;
    }

    /// <summary>The elements of a tensor of integers or booleans as int64.</summary>
    internal static long[] Integers(TensorProto tensor)
    {
        DataType type = (DataType)tensor.DataType;
        ReadOnlySpan<byte> bytes = Bytes(tensor);
        long[] values = new long[OnnxFactory.ElementCount(tensor)];
        for (int i = 0; i < values.Length; i++) values[i] = Integer(bytes, type, i);
        return values;
    }

    /// <summary>Sets a tensor's elements from float32 values, rounded to its own element type.</summary>
    internal static void SetFloats(TensorProto tensor, ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[ElementTypes.Bytes((DataType)tensor.DataType, values.Length)];
        switch ((DataType)tensor.DataType)
        {
            case DataType.Float:
                MemoryMarshal.AsBytes(values).CopyTo(bytes);
                break;
            case DataType.Double:
                for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8 * i), values[i]);
                break;
            case DataType.Float16:
                for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(2 * i), (Half)values[i]);
                break;
            case DataType.Bfloat16:
                for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), ToBfloat16(values[i]));
                break;
            default:
                throw new ArgumentException($"tensor '{tensor.Name}' holds no floats", nameof(tensor));
        }
        tensor.FloatData.Clear();
        tensor.DoubleData.Clear();
        tensor.Int32Data.Clear();
        tensor.RawData = UnsafeByteOperations.UnsafeWrap(bytes);
    }

    /// <summary>Rounded to the nearest, ties to even; a NaN stays one.</summary>
    private static ushort ToBfloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static long Integer(ReadOnlySpan<byte> bytes, DataType type, int i) => type switch
    {
        DataType.Bool => bytes[i] != 0 ? 1 : 0,
        DataType.Int64 or DataType.Uint64 => BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * i)..]),
        DataType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]),
        DataType.Uint32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * i)..]),
        DataType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]),
        DataType.Uint16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]),
        DataType.Int8 => (sbyte)bytes[i],
        DataType.Uint8 => bytes[i],
        // The first of two elements lies in the low half of their byte.
        DataType.Uint4 => (bytes[i / 2] >> (4 * (i % 2))) & 15,
        DataType.Int4 => (((bytes[i / 2] >> (4 * (i % 2))) & 15) ^ 8) - 8,
        DataType.Uint2 => (bytes[i / 4] >> (2 * (i % 4))) & 3,
        DataType.Int2 => (((bytes[i / 4] >> (2 * (i % 4))) & 3) ^ 2) - 2,
        _ => throw new ArgumentException($"{type} is no integer type", nameof(type)),
    };

    private static byte[] Narrowed(long[] values, int bits)
    {
        // Below a byte, one entry of the field holds a whole byte.
        int size = Math.Max(1, bits / 8);
        byte[] bytes = new byte[values.Length * size];
        Span<byte> whole = stackalloc byte[8];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(whole, values[i]);
            whole[..size].CopyTo(bytes.AsSpan(i * size));
        }
        return bytes;
    }
}
