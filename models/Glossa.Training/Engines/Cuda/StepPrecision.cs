using Glossa.Models.Mixed;

namespace Glossa.Training.Engines.Cuda;

/// <summary>The number format of a step's matrix products. Weights, moments, norms, softmax, losses and sums are float32 in all of them.</summary>
public enum StepPrecision
{
    /// <summary>float32.</summary>
    Fp32,

    /// <summary>TensorFloat-32: float32 operands of which the hardware reads 11 bits of mantissa.</summary>
    Tf32,

    /// <summary>bfloat16 operands.</summary>
    Bf16,

    /// <summary>float16 operands, with dynamic loss scaling.</summary>
    Fp16,
}

/// <summary>What a precision asks of the graphs.</summary>
internal static class StepPrecisions
{
    /// <summary>Format of the products' operands; null where they stay float32.</summary>
    public static HalfFormat? Half(this StepPrecision precision) => precision switch
    {
        StepPrecision.Bf16 => HalfFormat.BFloat16,
        StepPrecision.Fp16 => HalfFormat.Float16,
        _ => null,
    };
}
