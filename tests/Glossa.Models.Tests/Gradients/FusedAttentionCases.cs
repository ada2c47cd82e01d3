using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Gradients;

/// <summary>The attention operators of ONNX Runtime's optimizer.</summary>
internal static class FusedAttentionCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        cases["com.microsoft.Attention"] = RuleGen.Cases(Gen.Select(Gen.Int[1, 2], Gen.Int[1, 3], Gen.Int[0, 3], Gen.Bool, Gen.Bool), (t, p) => SelfAttention(t, p));
        cases["com.microsoft.MultiHeadAttention"] = RuleGen.Cases(Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[0, 2], Gen.Bool, Gen.Int[0, 2]), (t, p) => MultiHead(t, p));
        cases["com.microsoft.GroupQueryAttention"] = RuleGen.Cases(Gen.Select(Gen.Int[1, 2], Gen.Int[1, 3], Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 3]), (t, p) => GroupQuery(t, p));
    }

    /// <summary>No mask, one by key, one by query and key, or lengths; row 0 of a mask is always open.</summary>
    private static Value Mask(RuleCase t, int kind, int queries, int keys)
    {
        int[] shape = kind switch { 1 => [2, keys], 2 => [2, queries, keys], _ => [2] };
        double[] data = [.. Enumerable.Range(0, DoubleTensor.Count(shape)).Select(i => kind == 3 ? 1.0 + t.Random.NextInt32(keys) : i % keys == 0 ? 1 : t.Random.NextInt32(2))];
        return t.Feed("mask", new DoubleTensor(DataType.Int32, shape, data), false);
    }

    private static void SelfAttention(RuleCase t, (int Heads, int Length, int Mask, bool Causal, bool Past) p)
    {
        int width = p.Heads * 2, past = p.Past && p.Mask != 3 ? 2 : 0;
        List<Value> inputs = [t.Real([2, p.Length, 3], dynamic: false), t.Real([3, 3 * width], dynamic: false), t.Real([3 * width], dynamic: false)];
        inputs.Add(p.Mask == 0 ? Value.None : Mask(t, p.Mask, p.Length, p.Length + past));
        inputs.Add(past > 0 ? t.Real([2, 2, p.Heads, past, 2], dynamic: false) : Value.None);
        t.Node("Attention", [.. inputs], past > 0 ? 2 : 1, "com.microsoft", Attribute("num_heads", (long)p.Heads), Attribute("unidirectional", p.Causal ? 1 : 0));
    }

    private static void MultiHead(RuleCase t, (int Queries, int Keys, int Mask, bool Biased, int Form) p)
    {
        const int Heads = 2, Width = 4;
        bool past = p.Form == 1, byHeads = p.Form == 2;
        int keys = past ? p.Queries : p.Keys, all = keys + (past ? 2 : 0);
        int[] key = byHeads ? [2, Heads, keys, Width / Heads] : [2, keys, Width];
        List<Value> inputs = [t.Real([2, p.Queries, Width], dynamic: false), t.Real(key, dynamic: false), t.Real(key, dynamic: false)];
        inputs.Add(p.Biased && !byHeads ? t.Real([3 * Width], dynamic: false) : Value.None);
        inputs.Add(p.Mask == 1 ? Mask(t, 1, p.Queries, all) : Value.None);
        inputs.Add(p.Mask == 2 ? t.Real([1, Heads, p.Queries, all], dynamic: false) : Value.None);
        if (past) inputs.AddRange([t.Real([2, Heads, 2, Width / Heads], dynamic: false), t.Real([2, Heads, 2, Width / Heads], dynamic: false)]);
        t.Node("MultiHeadAttention", [.. inputs], past ? 3 : 1, "com.microsoft", Attribute("num_heads", (long)Heads));
    }

    private static void GroupQuery(RuleCase t, (int KeyHeads, int Length, bool Packed, int Rotary, int Extra) p)
    {
        // The kernel rotates heads of 16 and more only.
        int size = p.Rotary > 0 ? 16 : 8, heads = p.KeyHeads == 1 ? 2 : p.KeyHeads, batch = p.Rotary > 0 ? 1 : 2;
        Value query = t.Real([batch, p.Length, (p.Packed ? heads + (2 * p.KeyHeads) : heads) * size], dynamic: false);
        Value Operand() => p.Packed ? Value.None : t.Real([batch, p.Length, p.KeyHeads * size], dynamic: false);
        Value key = Operand(), value = Operand();
        Value last = t.Feed("last", new DoubleTensor(DataType.Int32, [batch], [.. Enumerable.Repeat(p.Length - 1.0, batch)]), false), total = t.Feed("total", new DoubleTensor(DataType.Int32, [], [p.Length]), false);
        List<Value> inputs = [query, key, value, Value.None, Value.None, last, total];
        double[] angles = [.. Enumerable.Range(0, 6 * size / 2).Select(i => i * 0.37)];
        if (p.Rotary > 0)
        {
            inputs.Add(t.Feed("cos", DoubleTensor.Reals([6, size / 2], Array.ConvertAll(angles, a => (double)(float)Math.Cos(a))), false));
            inputs.Add(t.Feed("sin", DoubleTensor.Reals([6, size / 2], Array.ConvertAll(angles, a => (double)(float)Math.Sin(a))), false));
        }
        List<AttributeProto> attributes = [Attribute("num_heads", (long)heads), Attribute("kv_num_heads", (long)p.KeyHeads), Attribute("do_rotary", p.Rotary > 0 ? 1 : 0), Attribute("rotary_interleaved", p.Rotary == 2 ? 1 : 0)];
        if (p.Extra == 1) attributes.Add(Attribute("local_window_size", 2L));
        if (p.Extra == 2) attributes.Add(Attribute("softcap", 2f));
        if (p.Extra == 3) attributes.Add(Attribute("scale", 0.3f));
        t.Node("GroupQueryAttention", [.. inputs], 3, "com.microsoft", [.. attributes]);
    }
}
