using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Building;

/// <summary>
/// Operators that every ONNX Runtime build has beyond the standard (its <c>com.microsoft</c> domain): used inside
/// training steps for speed, never in a stored inference model.
/// </summary>
public static class FusedOperators
{
    /// <summary>Domain of the runtime's own operators.</summary>
    public const string Domain = "com.microsoft";

    /// <summary>
    /// alpha * A' B' over matrices, with A' = A transposed where <paramref name="transA"/>; a transposed batch takes the first
    /// axis as the rows (<c>[T, batch, D]</c> is read as <c>[batch, T, D]</c>), so that time-major tensors need no Transpose.
    /// </summary>
    public static Value FusedMatMul(this GraphBuilder g, Value a, Value b, string? name = null, bool transA = false, bool transB = false,
        bool transBatchA = false, bool transBatchB = false, float alpha = 1)
    {
        List<AttributeProto> attributes = [];
        if (transA) attributes.Add(Attribute("transA", 1L));
        if (transB) attributes.Add(Attribute("transB", 1L));
        if (transBatchA) attributes.Add(Attribute("transBatchA", 1L));
        if (transBatchB) attributes.Add(Attribute("transBatchB", 1L));
        if (alpha != 1) attributes.Add(Attribute("alpha", alpha));
        return g.Op("FusedMatMul", [a, b], name ?? "FusedMatMul", Domain, [.. attributes]);
    }

    /// <summary>RMSNorm over the last axis; gives the normalised values and the reciprocal root for the gradient.</summary>
    public static (Value Normalized, Value InverseRms) RmsNormFused(this GraphBuilder g, Value x, Value gain, float epsilon, string name)
    {
        Value[] outputs = g.Ops("SimplifiedLayerNormalization", [x, gain], [name, name + ".inv_rms"], "",
            Attribute("axis", -1L), Attribute("epsilon", epsilon), Attribute("stash_type", 1L));
        return (outputs[0], outputs[1]);
    }

    /// <summary>
    /// Rotary embedding of <paramref name="x"/> <c>[1, T, heads * size]</c>, positions counted from <paramref name="offset"/> (int64[1]);
    /// half of a head is rotated against the other half. A negated <paramref name="sin"/> turns back: the gradient.
    /// </summary>
    public static Value RotaryFused(this GraphBuilder g, Value x, Value offset, Value cos, Value sin, string name) =>
        g.Op("RotaryEmbedding", [x, offset, cos, sin], name, Domain, Attribute("interleaved", 0L));
}
