namespace Glossa.Models.Optimization;

/// <summary>The operator that attention is written as.</summary>
public enum AttentionOperator
{
    /// <summary>com.microsoft MultiHeadAttention: encoders, decoders and cross attention, with any mask or bias; keys and values of a cache are joined before it.</summary>
    MultiHead = 0,

    /// <summary>
    /// com.microsoft GroupQueryAttention where keys and values come from a cache, MultiHeadAttention elsewhere. The runtime keeps the cache; it takes several new tokens
    /// behind a cache for a batch of 1 only.
    /// </summary>
    GroupQuery = 1,

    /// <summary>
    /// ai.onnx Attention of operator set 23; an older graph is raised to it. The operator gives other numbers than a softmax in rows that see no key at all, as those of
    /// left padding, which no result depends on.
    /// </summary>
    Standard = 2,
}

/// <summary>What <see cref="GraphOptimizer"/> does.</summary>
public sealed record OptimizationOptions
{
    /// <summary>Names of the passes to run; null, and <see cref="OptimizationPasses.Default"/> among the names, mean those that are not optional.</summary>
    public IReadOnlyCollection<string>? Passes { get; init; }

    /// <summary>The operator that attention is written as.</summary>
    public AttentionOperator Attention { get; init; }
}
