using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Gradients;

/// <summary>Attention as one operator, and rotary positions.</summary>
internal static class AttentionRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Attention", AttentionGradient.Apply, restrictions: "no nonpad_kv_seqlen");
        rules.Add("RotaryEmbedding", c => Rotary(c, 1, 2), restrictions: "no gradient to the caches");
        rules.Add("RotaryEmbedding", c => Rotary(c, 2, 3), restrictions: "no gradient to the caches", domain: GradientRules.Microsoft);
    }

    /// <summary>A rotation's transpose is the rotation back: the same operator with the sine negated.</summary>
    private static void Rotary(GradientContext c, int cos, int sin)
    {
        c.Refuse(cos, "the cosine cache");
        c.Refuse(sin, "the sine cache");
        if (!c.Wants(0)) return;
        Value[] inputs = [.. Enumerable.Range(0, c.Node.Input.Count).Select(c.Input)];
        (inputs[0], inputs[sin]) = (c.Gradient, c.G.Neg(c.Input(sin)));
        c.Give(0, c.G.Op(c.Node.OpType, inputs, null, c.Node.Domain, [.. c.Node.Attribute.Select(a => a.Clone())]));
    }
}
