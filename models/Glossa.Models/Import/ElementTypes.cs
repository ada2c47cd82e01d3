using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>Sizes and families of the element types that a tensor may have.</summary>
internal static class ElementTypes
{
    /// <summary>Bits of one element; 0 for a string, -1 for a type that the format does not have.</summary>
    internal static int Bits(DataType type) => type switch
    {
        DataType.Uint2 or DataType.Int2 => 2,
        DataType.Uint4 or DataType.Int4 or DataType.Float4E2M1 => 4,
        DataType.Uint8 or DataType.Int8 or DataType.Bool or DataType.Float8E4M3Fn or DataType.Float8E4M3Fnuz or DataType.Float8E5M2
            or DataType.Float8E5M2Fnuz or DataType.Float8E8M0 => 8,
        DataType.Uint16 or DataType.Int16 or DataType.Float16 or DataType.Bfloat16 => 16,
        DataType.Float or DataType.Int32 or DataType.Uint32 => 32,
        DataType.Double or DataType.Int64 or DataType.Uint64 or DataType.Complex64 => 64,
        DataType.Complex128 => 128,
        DataType.String => 0,
        _ => -1,
    };

    /// <summary>Bytes of that many elements; elements below a byte are packed.</summary>
    /// <exception cref="OverflowException">There are too many.</exception>
    internal static long Bytes(DataType type, long count) => checked((count * Bits(type)) + 7) / 8;

    /// <summary>True for float16, bfloat16, float32 and float64: what can carry a gradient.</summary>
    internal static bool IsFloat(DataType type) => type is DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16;

    /// <summary>True for integers of any width.</summary>
    internal static bool IsInteger(DataType type) => type is DataType.Int64 or DataType.Int32 or DataType.Int16 or DataType.Int8 or DataType.Int4
        or DataType.Uint64 or DataType.Uint32 or DataType.Uint16 or DataType.Uint8 or DataType.Uint4 or DataType.Uint2 or DataType.Int2;

    /// <summary>The type's name for a message.</summary>
    internal static string Name(DataType type) => type.ToString().ToLowerInvariant();
}
