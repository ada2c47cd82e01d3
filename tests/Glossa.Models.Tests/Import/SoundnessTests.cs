using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Google.Protobuf;
using NUnit.Framework;
using static Glossa.Models.Tests.Import.ImportGraphs;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Import;

/// <summary>Graphs that are not sound end in one clear line.</summary>
[TestFixture]
public sealed class SoundnessTests
{
    [Test]
    public void Import_OldOperatorSet_NamesIt() => AssertRefused(() => Model((g, x) => g.Add(x, x), 8).Import(), "operator set 8", "9 to 23");

    [Test]
    public void Import_NoOperatorSet_Fails()
    {
        ModelProto model = Linear();
        model.OpsetImport.Clear();
        AssertRefused(() => model.Import(), "opset_import");
    }

    [Test]
    public void Import_NewerOperatorSet_IsNoted() => Assert.That(Model((g, x) => g.Add(x, x), 25).Import().Notes, Has.Some.Contains("25"));

    [Test]
    public void Import_NoOutputs_Fails() => AssertRefused(() => Edited(g => g.Output.Clear()), "outputs");

    [Test]
    public void Import_OutputOfNoNode_NamesIt() => AssertRefused(() => Edited(g => g.Output[0].Name = "elsewhere"), "'elsewhere'");

    [Test]
    public void Import_ValueOfNoNode_NamesReaderAndValue() => AssertRefused(() => Edited(g => g.Node[1].Input[1] = "ghost"), "'ghost'", "Add");

    [Test]
    public void Import_ValueDefinedTwice_NamesIt() => AssertRefused(() => Edited(g => g.Node.Add(g.Node[1].Clone())), "'y'", "twice");

    [Test]
    public void Import_InitializerDefinedTwice_NamesIt() => AssertRefused(() => Edited(g => g.Initializer.Add(g.Initializer[0].Clone())), "'layer.weight'", "twice");

    [Test]
    public void Import_Cycle_NamesANode() => AssertRefused(() => Edited(g => g.Node[0].Input[0] = "y"), "cycle");

    [Test]
    public void Import_NodesInDisorder_AreSorted()
    {
        ModelProto model = Linear();
        NodeProto last = model.Graph.Node[1];
        model.Graph.Node.RemoveAt(1);
        model.Graph.Node.Insert(0, last);
        AssertSame(Linear(), model.Import().Forward);
    }

    [Test]
    public void Import_WithoutData_NamesTheInitializer() => AssertRefused(() => Edited(g => g.Initializer[0].RawData = ByteString.Empty), "'layer.weight'", "no data");

    [Test]
    public void Import_WrongAmountOfData_SaysHowMuch() => AssertRefused(() => Edited(g => g.Initializer[0].Dims[0] = 5), "'layer.weight'", "64 bytes", "80");

    [Test]
    public void Import_NegativeDimension_Fails() => AssertRefused(() => Edited(g => g.Initializer[0].Dims[0] = -4), "'layer.weight'", "[-4, 4]");

    [Test]
    public void Import_ShapeThatOverflows_Fails() => AssertRefused(() => Edited(g => g.Initializer[0].Dims[0] = long.MaxValue / 2), "'layer.weight'", "claims the shape");

    [Test]
    public void Import_LargeClaim_AllocatesNothing()
    {
        long before = GC.GetTotalAllocatedBytes();
        AssertRefused(() => Edited(g => g.Initializer[0].Dims[0] = 1 << 27), "'layer.weight'");
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(10_000_000));
    }

    [TestCase(0)]
    [TestCase(99)]
    public void Import_UnknownElementType_Fails(int type) => AssertRefused(() => Edited(g => g.Initializer[0].DataType = type), "'layer.weight'", "element type " + type);

    [Test]
    public void Import_SparseInitializer_IsRefusedByName() => AssertRefused(
        () => Edited(g => g.SparseInitializer.Add(new SparseTensorProto { Values = new TensorProto { Name = "thin" } })), "'thin'", "sparse");

    [Test]
    public void Import_NodeWithoutOperator_Fails() => AssertRefused(() => Edited(g => g.Node[0].OpType = ""), "no operator");

    [Test]
    public void Import_ContradictingShapes_Fails() => AssertRefused(() => Model((g, x) => g.Op("Transpose", [x], "y", "", OnnxFactory.Attribute("perm", 7L, 9L))).Import(), "'y'", "Transpose", "does not fit its inputs");

    /// <summary>All element types may appear, as long as they carry what they claim.</summary>
    [TestCase(DataType.Float16, 2)]
    [TestCase(DataType.Bfloat16, 2)]
    [TestCase(DataType.Double, 8)]
    [TestCase(DataType.Int8, 1)]
    [TestCase(DataType.Uint16, 2)]
    [TestCase(DataType.Bool, 1)]
    public void Import_AnyElementType_IsTolerated(DataType type, int size) => Assert.That(
        Edited(g => g.Initializer.Add(OnnxFactory.Raw("other", type, [3], new byte[3 * size]))).Names(), Is.EqualTo(new[] { "layer.weight", "layer.bias" }));

    [Test]
    public void Import_FourBitElements_ArePacked()
    {
        Assert.That(() => Edited(g => g.Initializer.Add(OnnxFactory.Raw("codes", DataType.Uint4, [5], new byte[3]))), Throws.Nothing);
        AssertRefused(() => Edited(g => g.Initializer.Add(OnnxFactory.Raw("codes", DataType.Uint4, [5], new byte[5]))), "'codes'", "5 bytes", "3");
    }

    [Test]
    public void Import_InitializerListedAsInput_IsAParameterAndNoInput()
    {
        ImportedModel model = Edited(g => g.Input.Add(OnnxFactory.ValueInfo("layer.bias", DataType.Float, 4)));
        Assert.That(model.Names(), Does.Contain("layer.bias"));
        Assert.That(model.Forward.Graph.Input.Select(i => i.Name), Is.EqualTo(new[] { "x" }));
        Assert.That(model.Original.Graph.Input, Has.Count.EqualTo(2));
    }

    [Test]
    public void Import_LeavesTheOriginalAlone()
    {
        ModelProto model = Linear();
        byte[] before = model.ToByteArray();
        ImportedModel imported = model.Import();
        Assert.That(model.ToByteArray(), Is.EqualTo(before));
        Assert.That(imported.Forward.Graph.Initializer.All(t => t.MetadataProps.Count == 0));
    }

    private static ImportedModel Edited(Action<GraphProto> edit)
    {
        ModelProto model = Linear();
        edit(model.Graph);
        return model.Import();
    }
}
