using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using NUnit.Framework;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Import;

/// <summary>Graphs of old operator sets compute, in ONNX Runtime, what their upgraded form computes.</summary>
[TestFixture]
public sealed class OperatorSetUpgradeTests
{
    private static Value Product(GraphBuilder g, Value x) => g.MatMul(x, g.Weight("layer.weight", 4, 4));

    private static readonly object[] Cases =
    [
        Case("axes of Unsqueeze, Squeeze and ReduceSum", 11, (g, p) =>
        {
            Value deep = g.Op("Unsqueeze", [p], null, "", Attribute("axes", 1L, 3L));
            Value flat = g.Op("Squeeze", [deep], null, "", Attribute("axes", (long[])[3]));
            return g.Op("ReduceSum", [flat], "y", "", Attribute("axes", (long[])[1]), Attribute("keepdims", 0L));
        }),
        Case("ReduceSum over all axes", 12, (g, p) => g.Op("ReduceSum", [p], "y", "", Attribute("keepdims", 1L))),
        Case("Split by lengths", 11, (g, p) => g.Ops("Split", [p], ["left", "y"], "", Attribute("axis", 1L), Attribute("split", 1L, 3L))[1]),
        Case("Split in equal parts", 11, (g, p) => g.Ops("Split", [p], ["left", "y"], "", Attribute("axis", 1L))[1]),
        Case("Softmax over the last axis", 11, (g, p) => g.Op("Softmax", [p], "y", "", Attribute("axis", 1L))),
        Case("Softmax over several axes", 11, (g, p) => g.Op("Softmax", [g.Op("Reshape", [p, g.Ints(-1, 2, 2)])], "y")),
        Case("LogSoftmax over all axes", 12, (g, p) => g.Op("LogSoftmax", [p], "y", "", Attribute("axis", 0L))),
        Case("Softmax behind an unknown rank", 11, (g, p) => g.Op("Softmax", [g.Op("Reshape", [p, g.Op("Cast", [g.Op("Concat", [g.Ints(-1), g.Ints(2), g.Ints(2)], null, "", Attribute("axis", 0L))], null, "", Attribute("to", 7L))])], "y", "", Attribute("axis", -2L))),
        Case("bounds of Clip", 10, (g, p) => g.Op("Clip", [p], "y", "", Attribute("min", -0.5f), Attribute("max", 0.5f))),
        Case("one bound of Clip", 10, (g, p) => g.Op("Clip", [p], "y", "", Attribute("max", 0.25f))),
        Case("Pad", 10, (g, p) => g.Op("Pad", [p], "y", "", Attribute("pads", 0L, 1L, 0L, 2L), Attribute("value", 3f))),
        Case("Slice", 9, (g, p) => g.Op("Slice", [p], "y", "", Attribute("starts", (long[])[1]), Attribute("ends", (long[])[3]), Attribute("axes", (long[])[1]))),
        Case("TopK", 9, (g, p) => g.Ops("TopK", [p], ["y", "places"], "", Attribute("k", 2L))[0]),
        Case("Dropout", 11, (g, p) => g.Op("Dropout", [p], "y", "", Attribute("ratio", 0.5f))),
    ];

    [TestCaseSource(nameof(Cases))]
    public void Prepare_OldOperatorSet_ComputesTheSame(long version, Func<GraphBuilder, Value, Value> build)
    {
        ModelProto model = ImportGraphs.Model((g, x) => build(g, Product(g, x)), version);
        ImportedModel imported = model.Import();
        Assert.Multiple(() =>
        {
            Assert.That(imported.Forward.OpsetImport[0].Version, Is.EqualTo(OperatorSetUpgrade.Target));
            Assert.That(imported.Original.OpsetImport[0].Version, Is.EqualTo(version));
            Assert.That(imported.Names(), Is.EqualTo(new[] { "layer.weight" }));
            ImportGraphs.AssertSame(model, imported.Forward);
        });
    }

    [Test]
    public void Prepare_OldResize_IsRefusedByName() => ImportGraphs.AssertRefused(
        () => ImportGraphs.Model((g, x) => g.Op("Upsample", [Product(g, x), g.Initializer(Tensor("scales", [2], [1f, 2f]))], "y"), 9).Import(), "Upsample", "opset_version=17");

    private static TestCaseData Case(string name, long version, Func<GraphBuilder, Value, Value> build) => new TestCaseData(version, build).SetArgDisplayNames(name);
}
