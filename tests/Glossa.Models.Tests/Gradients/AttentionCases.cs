using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class AttentionCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        cases["Attention"] = Attention(causal: false);
        cases["Attention/causal"] = Attention(causal: true);
        cases["Attention/cache"] = RuleGen.Cases(
            from heads in Gen.Int[1, 2] from past in Gen.Int[1, 3] from queries in Gen.Int[1, 3] from causal in Gen.Bool select (heads, past, queries, causal),
            (t, p) =>
            {
                t.Opset = 23;
                int[] now = [2, p.heads, p.queries, 4], past = [2, p.heads, p.past, 4];
                t.Node("Attention", [Heads(t, now), Heads(t, now), Heads(t, now), Value.None, Heads(t, past), Heads(t, past)], 3, "", Attribute("is_causal", p.causal ? 1 : 0));
            });
        cases["Attention/scores"] = RuleGen.Cases(
            from heads in Gen.Int[1, 2] from repeats in Gen.Int[1, 2] from queries in Gen.Int[1, 3] from mode in Gen.Long[0, 3] from cap in RuleGen.OneOf(0f, 2f) from alone in Gen.Bool select (heads, repeats, queries, mode, cap, alone),
            (t, p) =>
            {
                t.Opset = 23;
                int[] key = [2, p.heads, 3, 4];
                List<AttributeProto> attributes = [Attribute("qk_matmul_output_mode", p.mode)];
                if (p.cap > 0) attributes.Add(Attribute("softcap", p.cap));
                Value[] inputs = [Heads(t, [2, p.heads * p.repeats, p.queries, 4]), Heads(t, key), Heads(t, key), t.Real([p.queries, 3], dynamic: false)];
                Value[] outputs = t.G.Ops("Attention", inputs, ["y", "", "", "scores"], "", [.. attributes]);
                t.Outputs.AddRange(p.alone ? [outputs[3].Name] : (string[])[outputs[0].Name, outputs[3].Name]);
                if (p.alone) t.Targets.RemoveAll(name => name == inputs[2].Name || (p.mode is 0 or 1 && name == inputs[3].Name));
            });
        cases["RotaryEmbedding"] = RuleGen.Cases(Rotary, (t, p) =>
        {
            t.Opset = 23;
            (Value cos, Value sin) = Caches(t, p.positions ? [6, p.rotated / 2] : [2, 3, p.rotated / 2]);
            Value x = t.Real(p.flat ? [2, 3, p.heads * 8] : [2, p.heads, 3, 8]);
            AttributeProto[] attributes = [Attribute("interleaved", p.interleaved ? 1 : 0), Attribute("rotary_embedding_dim", p.rotated == 8 ? 0L : p.rotated), .. p.flat ? (AttributeProto[])[Attribute("num_heads", (long)p.heads)] : []];
            t.Node("RotaryEmbedding", p.positions ? [x, cos, sin, t.Indices([2, 3], 6, negative: false)] : [x, cos, sin], 1, "", attributes);
        });
        cases["com.microsoft.RotaryEmbedding"] = RuleGen.Cases(Rotary, (t, p) =>
        {
            (Value cos, Value sin) = Caches(t, [6, 4]);
            Value positions = p.positions ? t.Indices([2, 3], 6, negative: false) : t.Feed("position", DoubleTensor.Wholes([1], 2));
            t.Node("RotaryEmbedding", [t.Real(p.flat ? [2, 3, p.heads * 8] : [2, p.heads, 3, 8]), positions, cos, sin], 1, "com.microsoft", Attribute("interleaved", p.interleaved ? 1 : 0));
        });
    }

    private static readonly Gen<(int heads, bool flat, bool interleaved, bool positions, int rotated)> Rotary =
        Gen.Select(Gen.Int[1, 3], Gen.Bool, Gen.Bool, Gen.Bool, RuleGen.OneOf(8, 4));

    private static Value Heads(RuleCase t, int[] shape) => t.Real(shape, dynamic: false);

    private static (Value Cos, Value Sin) Caches(RuleCase t, int[] shape)
    {
        double[] angles = [.. Enumerable.Range(0, DoubleTensor.Count(shape)).Select(i => i * 0.37)];
        return (t.Feed("cos", DoubleTensor.Reals(shape, Array.ConvertAll(angles, a => (double)(float)Math.Cos(a)))), t.Feed("sin", DoubleTensor.Reals(shape, Array.ConvertAll(angles, a => (double)(float)Math.Sin(a)))));
    }

    private static Gen<Func<RuleCase>> Attention(bool causal) => RuleGen.Cases(
        from keyHeads in Gen.Int[1, 2]
        from repeats in Gen.Int[1, 2]
        from queries in Gen.Int[1, 3]
        from keys in Gen.Int[1, 4]
        from flat in Gen.Bool
        from mask in Gen.Int[0, 2]
        from scale in RuleGen.OneOf(0f, 0.3f)
        from cap in RuleGen.OneOf(0f, 2f)
        select (keyHeads, repeats, queries, keys, flat, mask, scale, cap),
        (t, p) =>
        {
            t.Opset = 23;
            int heads = p.keyHeads * p.repeats;
            Value Operand(int sequence, int count, int size) => Heads(t, p.flat ? [2, sequence, count * size] : [2, count, sequence, size]);
            List<Value> inputs = [Operand(p.queries, heads, 4), Operand(p.keys, p.keyHeads, 4), Operand(p.keys, p.keyHeads, 3)];
            if (p.mask == 1) inputs.Add(t.Real([p.queries, p.keys], dynamic: false));
            if (p.mask == 2) inputs.Add(t.Feed("mask", DoubleTensor.Flags([2, 1, p.queries, p.keys], [.. Enumerable.Range(0, 2 * p.queries * p.keys).Select(i => i % p.keys == 0 || t.Random.NextInt32(2) == 0)]), false));
            List<AttributeProto> attributes = [Attribute("is_causal", causal ? 1 : 0)];
            if (p.scale > 0) attributes.Add(Attribute("scale", p.scale));
            if (p.cap > 0) attributes.Add(Attribute("softcap", p.cap));
            if (p.flat) attributes.AddRange([Attribute("q_num_heads", (long)heads), Attribute("kv_num_heads", (long)p.keyHeads)]);
            t.Node("Attention", [.. inputs], 1, "", [.. attributes]);
        });
}
