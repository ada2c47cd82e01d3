namespace Glossa.Models.Patterns;

/// <summary>How many of each pattern were recognised in a graph.</summary>
public sealed record PatternCounts
{
    /// <summary>Layer normalizations written as primitive operators.</summary>
    public int LayerNorms { get; init; }

    /// <summary>Root-mean-square normalizations written as primitive operators, or as RMSNormalization.</summary>
    public int RmsNorms { get; init; }

    /// <summary>GELU by erf.</summary>
    public int ErfGelus { get; init; }

    /// <summary>GELU by tanh.</summary>
    public int TanhGelus { get; init; }

    /// <summary>x sigmoid(a x): SiLU and quick GELU.</summary>
    public int Swishes { get; init; }

    /// <summary>Softmax attentions, products with scale, mask and transposition on both sides of a Softmax.</summary>
    public int Attentions { get; init; }

    /// <summary>Rotary embeddings.</summary>
    public int Rotaries { get; init; }

    /// <summary>Nodes without effect: identities, dropout in inference, casts to the same type, reshapes and transpositions that undo or follow each other.</summary>
    public int Inert { get; init; }
}
