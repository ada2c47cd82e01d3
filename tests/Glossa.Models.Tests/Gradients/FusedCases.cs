using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Gradients;

/// <summary>What ONNX Runtime's optimizer fuses around products, biases and embeddings.</summary>
internal static class FusedCases
{
    private const string Microsoft = "com.microsoft";

    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        Add("FusedGemm", Gen.Select(RuleGen.Size.Array[3], Gen.Bool, RuleGen.OneOf("Relu", "Tanh", "LeakyRelu", "Sigmoid")), (t, p) =>
        {
            int[] s = p.Item1;
            t.Node("FusedGemm", [t.Real(s[..2]), t.Real(p.Item2 ? [s[2], s[1]] : [s[1], s[2]]), t.Real([s[2]])], 1, Microsoft,
                [.. p.Item3 == "LeakyRelu" ? [Attribute("activation_alpha", 0.2f)] : (AttributeProto[])[], Attribute("activation", p.Item3), Attribute("transB", p.Item2 ? 1 : 0)]);
        });
        Add("FusedConv", RuleGen.OneOf("Relu", "Sigmoid", "LeakyRelu", "Clip", "Tanh"), (t, activation) =>
        {
            float[] parameters = activation switch { "LeakyRelu" => [0.2f], "Clip" => [-0.7f, 0.9f], _ => [] };
            AttributeProto floats = new() { Name = "activation_params", Type = AttributeProto.Types.AttributeType.Floats, Floats = { parameters } };
            t.Node("FusedConv", [t.Real([2, 2, 4, 3]), t.Real([2, 2, 2, 2], dynamic: false), t.Real([2])], 1, Microsoft, [Attribute("activation", activation), .. parameters.Length > 0 ? (AttributeProto[])[floats] : []]);
        });
        Add("GemmFastGelu", Gen.Select(RuleGen.Size.Array[3], Gen.Bool), (t, p) =>
            t.Node("GemmFastGelu", p.Item2 ? [t.Real(p.Item1[..2]), t.Real(p.Item1[1..]), t.Real([p.Item1[2]])] : [t.Real(p.Item1[..2]), t.Real(p.Item1[1..])], 1, Microsoft), false);
        Add("TransposeMatMul", Gen.Select(RuleGen.Size.Array[4], Gen.Bool, Gen.Bool), (t, p) =>
        {
            int[] s = p.Item1;
            t.Node("TransposeMatMul", [t.Real(p.Item2 ? [s[0], s[2], s[1]] : [s[0], s[1], s[2]]), t.Real(p.Item3 ? [s[0], s[3], s[2]] : [s[0], s[2], s[3]])], 1, Microsoft,
                Attribute("transA", p.Item2 ? 1 : 0), Attribute("transB", p.Item3 ? 1 : 0), Attribute("alpha", 0.7f));
        });
        Add("BiasAdd", RuleGen.Size.Array[3], (t, s) => t.Node("BiasAdd", [t.Real(s), t.Real([s[2]]), t.Real(s)], 1, Microsoft), false);
        Add("BiasSplitGelu", RuleGen.Size.Array[3], (t, s) => t.Node("BiasSplitGelu", [t.Real([s[0], s[1], 2 * s[2]]), t.Real([2 * s[2]])], 1, Microsoft), false);
        Add("BiasDropout", Gen.Select(RuleGen.Size.Array[3], Gen.Bool), (t, p) =>
            t.Node("BiasDropout", p.Item2 ? [t.Real(p.Item1), t.Real([p.Item1[2]]), t.Real(p.Item1)] : [t.Real(p.Item1), t.Real([p.Item1[2]])], 1, Microsoft), false);
        Add("BiasSoftmax", RuleGen.Size.Array[4], (t, s) => t.Node("BiasSoftmax", [t.Real(s), t.Real([s[0], 1, 1, s[3]])], 1, Microsoft, Attribute("axis", 3L), Attribute("is_inner_broadcast", 0L)), false);
        Add("Trilu", Gen.Select(RuleGen.Shape(2, 3), Gen.Long[-1, 1]), (t, p) => t.Node("Trilu", [t.Real(p.Item1), t.G.Constant(p.Item2)], 1, Microsoft, Attribute("upper", 0L)));
        Add("RelativePositionBias", Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Bool), (t, p) =>
            t.Node("RelativePositionBias", [t.Real([8, 2]), t.G.Ints(p.Item1), t.G.Ints(p.Item2)], 1, Microsoft, Attribute("max_distance", 6L), Attribute("is_bidirectional", p.Item3 ? 1 : 0)), false);
        Add("EmbedLayerNormalization", Gen.Select(RuleGen.Size.Array[3], Gen.Bool, Gen.Int[0, 2]), Embedding);
        Add("MatMulNBits", Gen.Select(RuleGen.Size.Array[3], RuleGen.OneOf(4, 8), Gen.Bool), (t, p) =>
        {
            (int rows, int outputs, int blocks, int bits) = (p.Item1[0], p.Item1[1], p.Item1[2], p.Item2);
            int inputs = blocks * 16, zeroBytes = ((blocks * bits) + 7) / 8;
            Value Bytes(int[] shape) => t.Feed("bytes", new DoubleTensor(DataType.Uint8, shape, [.. Enumerable.Range(0, DoubleTensor.Count(shape)).Select(_ => (double)t.Random.NextInt32(256))]), false);
            List<Value> operands = [t.Real([rows, inputs]), Bytes([outputs, blocks, 2 * bits]), t.Fixed([outputs * blocks], Draw.Unit, false)];
            if (p.Item3) operands.Add(Bytes([outputs * zeroBytes]));
            t.FloatTolerance = 1e-3;
            t.Node("MatMulNBits", [.. operands], 1, Microsoft, Attribute("K", (long)inputs), Attribute("N", (long)outputs), Attribute("bits", (long)bits), Attribute("block_size", 16L));
        });

        void Add<T>(string op, Gen<T> parameters, Action<RuleCase, T> build, bool kernel = true) => cases["com.microsoft." + op] = RuleGen.Cases(parameters, (t, p) =>
        {
            t.WithoutKernel = !kernel;
            build(t, p);
        });
    }

    private static void Embedding(RuleCase t, (int[] Sizes, bool Segments, int Outputs) p)
    {
        int[] ids = p.Sizes[..2], hidden = [p.Sizes[2]];
        Value Whole(int size) => t.G.Cast(t.Indices(ids, size, false), DataType.Int32);
        Value Table(int rows) => t.Real([rows, p.Sizes[2]], dynamic: false);
        Value[] outputs = t.G.Ops("EmbedLayerNormalization", [
            Whole(5), p.Segments ? Whole(2) : Value.None, Table(5), Table(6), p.Segments ? Table(2) : Value.None,
            t.Real(hidden, dynamic: false), t.Real(hidden, dynamic: false), .. p.Outputs > 1 ? [Whole(2)] : (Value[])[]],
            p.Outputs switch { 0 => ["y", "count"], 1 => ["y", "count", "sum"], _ => (string[])["y", "count"] }, Microsoft, Attribute("epsilon", 0.1f));
        t.Outputs.AddRange(outputs.Select(o => o.Name));
    }
}
