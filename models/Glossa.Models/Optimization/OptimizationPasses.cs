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
    /// <summary>Stands for the passes that run where none is named.</summary>
    public const string Default = "default";

    private static readonly string[] Plain = ["fold", "inert"];

    internal static readonly OptimizationPass[] All =
    [
        new("fold", "constants and what follows from them, shapes that are fixed, branches of constant condition", [], FoldingPass.Apply),
        new("inert", "takes out identities, dropout, casts and reshapes without effect", ["fold"], context => context.Rewrite(InertNodes.Apply)),
        new("norms", "LayerNormalization, SimplifiedLayerNormalization (RMS)", Plain, NormPass.Apply) { Repeats = true },
        new("gelu", "Gelu, FastGelu (tanh), QuickGelu (SiLU)", Plain, GeluPass.Apply) { Repeats = true },
        new("rotary", "RotaryEmbedding", Plain, context => context.Rewrite(Patterns.Rotary.Apply)) { Repeats = true },
        new("attention", "MultiHeadAttention, GroupQueryAttention or Attention", Plain, AttentionPass.Apply) { Repeats = true },
        // The processor's kernel goes through a row number by number, five times as slow as the sum and the norm, which use its vectors.
        new("skip-norm", "SkipLayerNormalization, SkipSimplifiedLayerNormalization: for GPUs, slow on processors", ["fold", "inert", "norms"], SkipNormPass.Apply) { IsOptional = true },
        new("bias-gelu", "BiasGelu, FastGelu with a bias", ["fold", "inert", "gelu"], BiasGeluPass.Apply),
        new("rms-standard", "RMSNormalization in graphs of operator set 23 and later", ["fold", "inert", "norms"], StandardRmsPass.Apply),
        new("share", "equal weights stored once, transposed ones too", [], SharingPass.Apply),
        new("dead-code", "drops what no output needs, merges equal nodes", [], DeadCodePass.Apply),
    ];

    /// <summary>Names of the passes with a line on each, in the order in which they run, and whether one runs only where it is named.</summary>
    public static IReadOnlyList<(string Name, string Description, bool IsOptional)> Descriptions { get; } = [.. All.Select(pass => (pass.Name, pass.Description, pass.IsOptional))];

    /// <summary>The passes of these names and those that they need, in their order; those that are not optional for null and for <see cref="Default"/>.</summary>
    /// <exception cref="InputException">There is no pass of a name.</exception>
    internal static IReadOnlyList<OptimizationPass> Choose(IReadOnlyCollection<string>? names)
    {
        names ??= [Default];
        string[] known = [.. All.Select(pass => pass.Name), Default];
        if (names.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            throw new InputException($"unknown pass '{unknown}'", fix: NearestName.Advice(unknown, known));
        OptimizationPass[] named = [.. All.Where(pass => names.Contains(pass.Name) || (!pass.IsOptional && names.Contains(Default)))];
        HashSet<string> chosen = [.. named.Select(pass => pass.Name), .. named.SelectMany(pass => pass.Needs)];
        return [.. All.Where(pass => chosen.Contains(pass.Name))];
    }
}
