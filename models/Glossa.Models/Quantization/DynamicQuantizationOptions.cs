namespace Glossa.Models.Quantization;

/// <summary>What dynamic int8 quantization touches and how.</summary>
public sealed record DynamicQuantizationOptions
{
    /// <summary>Initializers that stay float32, by exact name.</summary>
    public IReadOnlyCollection<string> KeepFloat { get; init; } = [];

    /// <summary>Store the token embedding in uint8 as well.</summary>
    public bool Embeddings { get; init; } = true;

    /// <summary>Store trained tables of positions in uint8 as well. A table that follows a formula stays as it is.</summary>
    public bool Positions { get; init; }

    /// <summary>Store the scales of tables that nothing but Gather reads in float16.</summary>
    public bool HalfScales { get; init; }

    /// <summary>
    /// Give every weight the zero point 128 in place of one of its own per column. The default is finer: a column's
    /// whole range is used. A matrix that is also the token embedding is always symmetric.
    /// </summary>
    public bool SymmetricWeights { get; init; }

    /// <summary>Graph inputs that hold token ids; a Gather by one of them is a token embedding.</summary>
    public IReadOnlyCollection<string> TokenInputs { get; init; } = ["input_ids"];
}
