using Glossa.Models.Building;
using Glossa.Models.Optimization.Activations;
using Glossa.Models.Optimization.Attention;
using Glossa.Models.Optimization.Folding;
using Glossa.Models.Optimization.Norms;
using Glossa.Models.Optimization.Sharing;
using Glossa.Models.Patterns;

namespace Glossa.Models.Optimization;

/// <summary>The passes there are, in the order in which they run: each meets what those before it wrote.</summary>
public static class OptimizationPasses
{
    private static readonly string[] Plain = ["fold", "inert"];

    internal static readonly OptimizationPass[] All =
    [
        new("fold", "constants and what follows from them, shapes that are fixed, branches of constant condition", [], FoldingPass.Apply),
        new("inert", "takes out identities, dropout, casts and reshapes without effect", ["fold"], context => context.Rewrite(InertNodes.Apply)),
        new("norms", "LayerNormalization, SimplifiedLayerNormalization (RMS)", Plain, NormPass.Apply) { Repeats = true },
        new("gelu", "Gelu, FastGelu (tanh), QuickGelu (SiLU)", Plain, GeluPass.Apply) { Repeats = true },
        new("rotary", "RotaryEmbedding", Plain, context => context.Rewrite(Patterns.Rotary.Apply)) { Repeats = true },
        new("attention", "MultiHeadAttention, GroupQueryAttention or Attention", Plain, AttentionPass.Apply) { Repeats = true },
        new("skip-norm", "SkipLayerNormalization, SkipSimplifiedLayerNormalization", ["fold", "inert", "norms"], SkipNormPass.Apply),
        new("bias-gelu", "BiasGelu, FastGelu with a bias", ["fold", "inert", "gelu"], BiasGeluPass.Apply),
        new("rms-standard", "RMSNormalization in graphs of operator set 23 and later", ["fold", "inert", "norms"], StandardRmsPass.Apply),
        new("share", "equal weights stored once, transposed ones too", [], SharingPass.Apply),
        new("dead-code", "drops what no output needs, merges equal nodes", [], DeadCodePass.Apply),
    ];

    /// <summary>Names of the passes with a line on each, in the order in which they run.</summary>
    public static IReadOnlyList<(string Name, string Description)> Descriptions { get; } = [.. All.Select(pass => (pass.Name, pass.Description))];

    /// <summary>The passes of these names and those that they need, in their order; all for null.</summary>
    /// <exception cref="InputException">There is no pass of a name.</exception>
    internal static IReadOnlyList<OptimizationPass> Choose(IReadOnlyCollection<string>? names)
    {
        if (names is null) return All;
        string[] known = [.. All.Select(pass => pass.Name)];
        if (names.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            throw new InputException($"unknown pass '{unknown}'", fix: NearestName.Advice(unknown, known));
        HashSet<string> chosen = [.. names, .. All.Where(pass => names.Contains(pass.Name)).SelectMany(pass => pass.Needs)];
        return [.. All.Where(pass => chosen.Contains(pass.Name))];
    }
}
