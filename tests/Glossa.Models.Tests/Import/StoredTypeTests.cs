using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Google.Protobuf;
using NUnit.Framework;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Import.ImportGraphs;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Import;

/// <summary>Weights stored in other types than float32: trained in float32, written back as they were.</summary>
[TestFixture]
public sealed class StoredTypeTests
{
    [Test]
    public void Import_HalfWeights_TrainAsFloatAndReturnAsHalf()
    {
        ModelProto model = Model((g, x) => g.Cast(g.Add(g.MatMul(g.Cast(x, DataType.Float16), Half(g, "w", 4, 4)), Half(g, "b", 4)), DataType.Float));
        ImportedModel imported = model.Import();
        Assert.That(imported.Names(), Is.EquivalentTo(new[] { "w", "b" }));
        Assert.That(imported.Notes, Has.Some.Contains("float16"));
        Assert.That(imported.Forward.Graph.Initializer.Select(t => t.DataType), Has.All.EqualTo((int)DataType.Float));
        AssertSame(model, imported.Forward, 1e-2);
        Assert.That(Changed(imported, v => v).ToByteArray(), Is.EqualTo(model.ToByteArray()));
        ModelProto doubled = Changed(imported, v => 2 * v);
        Assert.That(doubled.Graph.Initializer.Select(t => t.DataType), Has.All.EqualTo((int)DataType.Float16));
        Assert.That(Run(doubled), Is.EqualTo(Array.ConvertAll(Run(model), v => 2 * v)).Within(1e-2));
    }

    [TestCase(DataType.Float16)]
    [TestCase(DataType.Bfloat16)]
    [TestCase(DataType.Double)]
    public void SetFloats_OfValuesRead_GivesTheSameBytes(DataType type)
    {
        TensorProto tensor = Raw("w", type, [5], new byte[ElementTypes.Bytes(type, 5)]);
        TensorData.SetFloats(tensor, [0, -1.5f, float.PositiveInfinity, 1e-3f, 3]);
        TensorProto again = Raw("w", type, [5], new byte[ElementTypes.Bytes(type, 5)]);
        TensorData.SetFloats(again, TensorData.Floats(tensor));
        Assert.That(again.RawData, Is.EqualTo(tensor.RawData));
        Assert.That(TensorData.Floats(tensor), Is.EqualTo(new[] { 0, -1.5f, float.PositiveInfinity, 1e-3f, 3 }).Within(1e-5));
    }

    [Test]
    public void Import_DoubleShapeArithmetic_StaysDouble()
    {
        ModelProto model = Model((g, x) => g.Mul(g.MatMul(x, g.Weight("w", 4, 4)), g.Cast(g.Cast(g.Op("Size", [x]), DataType.Double), DataType.Float), "y"));
        Assert.That(model.Import().Notes, Is.Empty);
        AssertSame(model, model.Import().Forward);
    }

    /// <summary>DequantizeLinear in its forms; ONNX Runtime's own kernels say what the weights are.</summary>
    private static IEnumerable<TestCaseData> Quantized()
    {
        yield return Case("PerTensor", DataType.Int8, [], null, 0, 0);
        yield return Case("PerTensorZero", DataType.Uint8, [], DataType.Uint8, 0, 0);
        yield return Case("PerAxis0", DataType.Int8, [4], DataType.Int8, 0, 0);
        yield return Case("PerAxis1", DataType.Uint8, [4], DataType.Uint8, 1, 0);
        yield return Case("PerAxisNegative", DataType.Int8, [4], null, -1, 0);
        yield return Case("Int32", DataType.Int32, [], null, 0, 0);
        yield return Case("Int4Blocks", DataType.Int4, [2, 4], DataType.Int4, 0, 2);
        yield return Case("Uint4Blocks", DataType.Uint4, [4, 2], DataType.Uint4, 1, 2);
        yield return Case("Int4PerAxis", DataType.Int4, [4], null, 0, 0);

        static TestCaseData Case(string name, DataType codes, long[] scales, DataType? zeros, long axis, long block) =>
            new TestCaseData(codes, scales, zeros, axis, block).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Quantized))]
    public void Import_DequantizeLinear_BecomesAFloatParameter(DataType codes, long[] scales, DataType? zeros, long axis, long block)
    {
        ModelProto model = Model((g, x) =>
        {
            List<Value> inputs = [g.Initializer(Raw("codes", codes, [4, 4], Codes(codes, 16))), g.Initializer(Tensor("scales", scales, Values("scales", scales)))];
            if (zeros is { } type) inputs.Add(g.Initializer(Raw("zeros", type, scales, Codes(type, scales.Aggregate(1L, (a, b) => a * b)))));
            AttributeProto[] attributes = block > 0 ? [Attribute("axis", axis), Attribute("block_size", block)] : [Attribute("axis", axis)];
            return g.MatMul(x, g.Op("DequantizeLinear", [.. inputs], "w", "", attributes), "y");
        });
        ImportedModel imported = model.Import();
        Assert.That(imported.Names(), Is.EqualTo(new[] { "w" }));
        Assert.That(imported.Notes, Has.Count.EqualTo(1));
        AssertSame(model, imported.Forward, 1e-5);
        Assert.That(Changed(imported, v => v).ToByteArray(), Is.EqualTo(model.ToByteArray()));
        ModelProto trained = Changed(imported, v => 2 * v);
        Assert.That(trained.Graph.Initializer.Select(t => t.Name), Is.EqualTo(new[] { "w" }));
        Assert.That(Run(trained), Is.EqualTo(Array.ConvertAll(Run(model), v => 2 * v)).Within(1e-5));
    }

    [TestCase(4, false, false)]
    [TestCase(4, true, true)]
    [TestCase(8, false, true)]
    public void Import_MatMulNBits_BecomesAFloatParameter(int bits, bool zeroPoints, bool bias)
    {
        const int k = 20, n = 6, block = 16, blocks = 2;
        ModelProto model = Model((g, x) =>
        {
            Value wide = g.MatMul(x, g.Weight("before", 4, k));
            Value codes = g.Initializer(Raw("codes", DataType.Uint8, [n, blocks, block * bits / 8], Bytes(n * blocks * block * bits / 8)));
            Value scales = g.Initializer(Tensor("scales", [n, blocks], Values("scales", n, blocks)));
            Value zeros = zeroPoints ? g.Initializer(Raw("zeros", DataType.Uint8, [n * blocks * bits / 8], Bytes(n * blocks * bits / 8))) : Value.None;
            return g.Op("MatMulNBits", [wide, codes, scales, zeros, Value.None, bias ? g.Weight("bias", n) : Value.None], "y", "com.microsoft",
                Attribute("K", (long)k), Attribute("N", (long)n), Attribute("bits", (long)bits), Attribute("block_size", (long)block));
        });
        ImportedModel imported = model.Import();
        Assert.That(imported.Names(), Is.EquivalentTo(bias ? new[] { "before", "codes.dequantized", "bias" } : ["before", "codes.dequantized"]));
        // The runtime's kernel sums in another order.
        AssertSame(model, imported.Forward, 1e-2);
        AssertSame(imported.Forward, Changed(Changed(imported, v => 2 * v).Import(), v => v / 2), 1e-2);
    }

    [TestCase(DataType.Uint4)]
    [TestCase(DataType.Uint8)]
    public void Import_GatherBlockQuantized_BecomesAFloatTable(DataType type)
    {
        ModelProto model = Model((g, x) =>
        {
            Value ids = g.Input("ids", DataType.Int64, "tokens");
            Value codes = g.Initializer(Raw("codes", type, [5, type == DataType.Uint8 ? 16 : 32], Bytes(80)));
            Value scales = g.Initializer(Tensor("scales", [5, 2], Values("scales", 5, 2)));
            AttributeProto[] attributes = [Attribute("gather_axis", 0L), Attribute("quantize_axis", 1L), Attribute("block_size", 16L)];
            return g.Op("GatherBlockQuantized", [codes, ids, scales], "y", "com.microsoft", attributes);
        });
        ImportedModel imported = model.Import();
        Assert.That(imported.Names(), Is.EqualTo(new[] { "codes.dequantized" }));
        AssertSame(model, imported.Forward, 1e-5);
    }

    private static Value Half(GraphBuilder g, string name, params long[] shape)
    {
        TensorProto tensor = Raw(name, DataType.Float16, shape, []);
        TensorData.SetFloats(tensor, Values(name, shape));
        return g.Initializer(tensor);
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) bytes[i] = (byte)((i * 73) + 19);
        return bytes;
    }

    private static byte[] Codes(DataType type, long count)
    {
        if (type != DataType.Int32) return Bytes((int)ElementTypes.Bytes(type, count));
        int[] codes = [.. Enumerable.Range(0, (int)count).Select(i => (i * 37) - 200)];
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(codes).ToArray();
    }
}
