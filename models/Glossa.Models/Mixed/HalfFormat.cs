namespace Glossa.Models.Mixed;

/// <summary>A 16-bit floating-point format of matrix products' operands.</summary>
public enum HalfFormat
{
    /// <summary>IEEE half: 11 bits of mantissa, up to 65504; gradients need loss scaling.</summary>
    Float16,

    /// <summary>bfloat16: 8 bits of mantissa, the range of float32.</summary>
    BFloat16,
}
