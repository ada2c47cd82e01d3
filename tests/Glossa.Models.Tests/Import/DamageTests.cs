using System.Diagnostics;
using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Google.Protobuf;
using NUnit.Framework;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Import.ImportGraphs;
using AttributeType = Glossa.Models.Onnx.AttributeProto.Types.AttributeType;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Import;

/// <summary>Files with random damage are imported or refused; they never crash, hang or take much memory.</summary>
[TestFixture]
public sealed class DamageTests
{
    private const int Trials = 1500;

    [Test]
    public void Read_RandomBytesChanged_ImportsOrRefuses() => Damage((bytes, random) =>
    {
        for (int i = random.NextInt32(4); i >= 0; i--) bytes[random.NextInt32(bytes.Length)] ^= (byte)(1 << random.NextInt32(8));
        return bytes;
    });

    [Test]
    public void Read_RandomBytesReplaced_ImportsOrRefuses() => Damage((bytes, random) =>
    {
        for (int i = random.NextInt32(4); i >= 0; i--) bytes[random.NextInt32(bytes.Length)] = (byte)random.NextInt32(256);
        return bytes;
    });

    [Test]
    public void Read_CutAnywhere_ImportsOrRefuses() => Damage((bytes, random) => bytes[..random.NextInt32(bytes.Length)]);

    private static void Damage(Func<byte[], SeededRandom, byte[]> damage)
    {
        byte[] whole = Everything().ToByteArray();
        Assert.That(Everything().Import().Names(), Has.Length.GreaterThan(3));
        string folder = Directory.CreateTempSubdirectory("glossa-damage-").FullName, path = Path.Combine(folder, "model.onnx");
        try
        {
            int refused = 0;
            SeededRandom random = new(7, 0);
            for (int trial = 0; trial < Trials; trial++)
            {
                byte[] damaged = damage([.. whole], random);
                File.WriteAllBytes(path, damaged);
                long allocated = GC.GetTotalAllocatedBytes();
                Stopwatch watch = Stopwatch.StartNew();
                try
                {
                    ModelImport.Read(path, new ImportOptions());
                }
                catch (InputException)
                {
                    refused++;
                }
                catch (Exception e)
                {
                    Assert.Fail($"trial {trial}: {e}");
                }
                Assert.That(GC.GetTotalAllocatedBytes() - allocated, Is.LessThan(500_000_000), $"trial {trial}");
                Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)), $"trial {trial}");
            }
            Assert.That(refused, Is.GreaterThan(Trials / 10));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A small model that has something of all that import does.</summary>
    private static ModelProto Everything()
    {
        GraphProto Branch(string op) => new() { Name = op, Node = { new NodeProto { OpType = op, Input = { "called" }, Output = { op + "_out" } } }, Output = { new ValueInfoProto { Name = op + "_out" } } };
        ModelProto model = Model((g, x) =>
        {
            Value codes = g.Op("DequantizeLinear", [g.Initializer(Raw("codes", DataType.Int4, [4, 4], [1, 2, 3, 4, 5, 6, 7, 8])), g.Initializer(Tensor("scales", [2, 4], Values("scales", 2, 4)))],
                "quantized", "", Attribute("axis", 0L), Attribute("block_size", 2L));
            g.Op("Double", [g.Add(g.MatMul(g.MatMul(x, g.Weight("w", 4, 4)), codes), g.Weight("b", 4))], "called", "local", Attribute("slope", 0.5f));
            Value chosen = g.Op("If", [g.Op("Not", [g.Initializer(Raw("flag", DataType.Bool, [], [1]))])], "chosen", "",
                new AttributeProto { Name = "then_branch", Type = AttributeType.Graph, G = Branch("Exp") }, new AttributeProto { Name = "else_branch", Type = AttributeType.Graph, G = Branch("Neg") });
            Value shape = g.Op("Shape", [x]);
            Value size = g.Op("Concat", [g.Op("Gather", [shape, g.Ints(0)]), g.Op("Slice", [shape, g.Ints(1), g.Ints(2), g.Ints(0)]), g.Ints(1)], "size", "", Attribute("axis", 0L));
            Value gain = g.Op("Transpose", [g.Op("Constant", [], "gain", "", Attribute("value", Tensor("", [4], Values("gain", 4))))], null, "", Attribute("perm", 0L));
            Value norm = g.Op("LayerNormalization", [g.Mul(chosen, gain), g.Weight("n", 4)], "normed", "", Attribute("axis", -1L));
            return g.Reshape(g.Op("Where", [g.Op("Equal", [g.Op("Range", [g.Constant(0L), g.Constant(4L), g.Constant(1L)]), g.Constant(2L)]), norm, g.Constant(0f)]), size, "y");
        });
        NodeProto leak = new() { OpType = "LeakyRelu", Input = { "in" }, Output = { "out" }, Attribute = { new AttributeProto { Name = "alpha", RefAttrName = "slope", Type = AttributeType.Float } } };
        model.Functions.Add(new FunctionProto { Name = "Double", Domain = "local", Input = { "in" }, Output = { "out" }, Attribute = { "slope" }, Node = { leak }, OpsetImport = { new OperatorSetIdProto { Version = 21 } } });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "local", Version = 1 });
        return model;
    }
}
