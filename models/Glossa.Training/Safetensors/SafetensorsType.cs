namespace Glossa.Training.Safetensors;

/// <summary>Element types of the safetensors format that are known here.</summary>
public enum SafetensorsType
{
    /// <summary>float32.</summary>
    F32,

    /// <summary>int64.</summary>
    I64,

    /// <summary>float16; read only.</summary>
    F16,

    /// <summary>bfloat16; read only.</summary>
    BF16,

    /// <summary>float64; listed, not read.</summary>
    F64,

    /// <summary>int32.</summary>
    I32,

    /// <summary>int16; listed, not read.</summary>
    I16,

    /// <summary>int8; listed, not read.</summary>
    I8,

    /// <summary>uint8; listed, not read.</summary>
    U8,

    /// <summary>Booleans of one byte; listed, not read.</summary>
    BOOL,
}

/// <summary>Sizes of element types.</summary>
internal static class SafetensorsTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int ElementSize(this SafetensorsType type) => type switch
    {
        SafetensorsType.F64 or SafetensorsType.I64 => 8,
        SafetensorsType.F32 or SafetensorsType.I32 => 4,
        SafetensorsType.F16 or SafetensorsType.BF16 or SafetensorsType.I16 => 2,
        _ => 1,
    };
}
