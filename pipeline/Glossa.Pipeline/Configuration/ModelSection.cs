namespace Glossa.Pipeline.Configuration;

/// <summary>The non-linearity of a feed-forward block.</summary>
public enum Activation
{
    /// <summary>The square of ReLU.</summary>
    [Spelled("relu2")]
    Relu2 = 0,

    /// <summary>The gated SiLU.</summary>
    [Spelled("swiglu")]
    SwiGlu = 1,

    /// <summary>GELU by the error function.</summary>
    [Spelled("gelu")]
    Gelu = 2,
}

/// <summary>
/// The network: a preset, whose numbers the other keys override, or a graph of one's own. A key that is not set
/// (null) leaves the preset's value.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The preset of a configuration that names neither a preset nor a graph.</summary>
    public const string DefaultPreset = "nanochat";

    /// <summary>Name of a preset; null where <see cref="Graph"/> is set.</summary>
    public string? Preset { get; init; }

    /// <summary>An ONNX file of one's own, relative to the configuration's folder.</summary>
    public string? Graph { get; init; }

    /// <summary>A run's folder, or its model folder, whose weights and tokenizer training starts from; of the same shape as this section says. Null starts from random weights.</summary>
    public string? Start { get; init; }

    /// <summary>Number of blocks.</summary>
    [InRange(1, 256)]
    public int? Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    [InRange(8, 65_536)]
    public int? Width { get; init; }

    /// <summary>Number of attention heads; divides the width.</summary>
    [InRange(1, 1024)]
    public int? Heads { get; init; }

    /// <summary>Number of key and value heads; divides the heads.</summary>
    [InRange(1, 1024)]
    public int? KvHeads { get; init; }

    /// <summary>Width of the feed-forward block.</summary>
    [InRange(8, 1_000_000)]
    public int? FeedForward { get; init; }

    /// <summary>The non-linearity of the feed-forward block.</summary>
    public Activation? Activation { get; init; }

    /// <summary>The longest sequence, in tokens, the language tag included.</summary>
    [InRange(8, 1_048_576)]
    public int? Context { get; init; }

    /// <summary>Whether the output head is the embedding table.</summary>
    public bool? TiedHead { get; init; }

    /// <summary>Base of the rotary positions' wavelengths.</summary>
    [InRange(1, 1e9)]
    public double? RopeTheta { get; init; }

    /// <summary>Share of activations dropped in training.</summary>
    [InRange(0, 0.9)]
    public double? Dropout { get; init; }
}
