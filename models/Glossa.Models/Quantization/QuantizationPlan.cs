namespace Glossa.Models.Quantization;

/// <summary>How a weight is stored, and with what its operator computes.</summary>
public enum WeightFormat
{
    /// <summary>float32, as it was.</summary>
    Full,

    /// <summary>int8 with a scale per output channel; activations become uint8 by the range that each run finds. Embeddings: uint8 with a scale per token.</summary>
    DynamicInt8,

    /// <summary>int8 with a scale per output channel; activations become uint8 by a range fixed at calibration (QuantizeLinear, DequantizeLinear).</summary>
    StaticInt8,

    /// <summary>uint8 in blocks with a scale each (MatMulNBits, GatherBlockQuantized).</summary>
    Block8,

    /// <summary>uint4 in blocks with a scale and a zero point each (MatMulNBits, GatherBlockQuantized).</summary>
    Block4,
}

/// <summary>The format of one weight.</summary>
/// <param name="Format">How it is stored.</param>
/// <param name="BlockSize">Inputs that share a scale in the block formats: a power of two from 16 on.</param>
public sealed record LayerFormat(WeightFormat Format, int BlockSize = 32)
{
    internal bool IsBlock => Format is WeightFormat.Block4 or WeightFormat.Block8;

    internal int Bits => Format == WeightFormat.Block4 ? 4 : 8;
}

/// <summary>Which weight gets which format.</summary>
public sealed record QuantizationPlan
{
    /// <summary>Dynamic int8 everywhere.</summary>
    public static QuantizationPlan DynamicInt8 { get; } = new() { Products = new(WeightFormat.DynamicInt8), Embeddings = new(WeightFormat.DynamicInt8) };

    /// <summary>Static int8 products, int8 embeddings.</summary>
    public static QuantizationPlan StaticInt8 { get; } = new() { Products = new(WeightFormat.StaticInt8), Embeddings = new(WeightFormat.DynamicInt8) };

    /// <summary>int4 in blocks of 32 everywhere.</summary>
    public static QuantizationPlan Int4 { get; } = new() { Products = new(WeightFormat.Block4), Embeddings = new(WeightFormat.Block4) };

    /// <summary>Matrices that activations are multiplied by.</summary>
    public required LayerFormat Products { get; init; }

    /// <summary>Token embeddings. Trained tables of positions are int8 where these are smaller.</summary>
    public required LayerFormat Embeddings { get; init; }

    /// <summary>Exceptions, by the weight's name.</summary>
    public IReadOnlyDictionary<string, LayerFormat> Layers { get; init; } = new Dictionary<string, LayerFormat>();

    internal LayerFormat For(WeightUse use)
    {
        if (Layers.GetValueOrDefault(use.Weight.Name) is { } named) return named;
        if (use.Node.OpType != "Gather") return Products;
        // A table of positions is small, and every token reads it.
        return use.IsPositions && Embeddings.IsBlock ? new LayerFormat(WeightFormat.DynamicInt8) : Embeddings;
    }
}
