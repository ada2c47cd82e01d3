using Glossa.Models.Presets;

namespace Glossa.Pipeline.Configuration;

/// <summary>What a preset's model predicts.</summary>
public enum PresetTask
{
    /// <summary>The next token.</summary>
    [Spelled("causal-lm")]
    CausalLm = 0,

    /// <summary>Tokens that were masked.</summary>
    [Spelled("masked-lm")]
    MaskedLm = 1,
}

/// <summary>A published architecture, as a file of models/presets describes it; sizes are the <c>model</c> section's.</summary>
public sealed record PresetConfig
{
    /// <summary>Hugging Face <c>model_type</c>; <c>glossa</c> where no published architecture fits.</summary>
    public string ModelType { get; init; } = "glossa";

    /// <summary>What is predicted.</summary>
    public PresetTask Task { get; init; }

    /// <summary>The non-linearity of the feed-forward block.</summary>
    public Activation Activation { get; init; }

    /// <summary>The norm.</summary>
    public NormKind Norm { get; init; }

    /// <summary>Whether norms have a trainable gain.</summary>
    public bool NormGain { get; init; }

    /// <summary>Whether the embedding is normalised before the first block.</summary>
    public bool EmbeddingNorm { get; init; }

    /// <summary>Whether queries and keys are normalised per head.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether projections add biases.</summary>
    public bool Biases { get; init; }

    /// <summary>How a position is told.</summary>
    public PositionKind Positions { get; init; }

    /// <summary>How the matrices start.</summary>
    public StartKind Start { get; init; }

    /// <summary>Whether the output head is the embedding table.</summary>
    public bool TiedHead { get; init; }

    /// <summary>Base of the rotary positions' wavelengths.</summary>
    [InRange(1, 1e9)]
    public double RopeTheta { get; init; } = 10_000;
}
