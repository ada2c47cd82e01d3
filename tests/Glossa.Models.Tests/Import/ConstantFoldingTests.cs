using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using NUnit.Framework;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Import.ImportGraphs;
using AttributeType = Glossa.Models.Onnx.AttributeProto.Types.AttributeType;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Import;

/// <summary>Folded graphs compute the same bits, and nothing that trains is folded away.</summary>
[TestFixture]
public sealed class ConstantFoldingTests
{
    private static IEnumerable<TestCaseData> ConstantAttributes()
    {
        yield return Case("value", new AttributeProto { Name = "value", Type = AttributeType.Tensor, T = Tensor("", [2], [1.5f, -2f]) }, new[] { 1.5f, -2f });
        yield return Case("value_float", new AttributeProto { Name = "value_float", Type = AttributeType.Float, F = 2.5f }, new[] { 2.5f });
        yield return Case("value_floats", new AttributeProto { Name = "value_floats", Type = AttributeType.Floats, Floats = { 1, 2 } }, new[] { 1f, 2f });
        yield return Case("value_int", new AttributeProto { Name = "value_int", Type = AttributeType.Int, I = 7 }, new[] { 7f });
        yield return Case("value_ints", new AttributeProto { Name = "value_ints", Type = AttributeType.Ints, Ints = { 7, 8 } }, new[] { 7f, 8f });

        static TestCaseData Case(string name, AttributeProto attribute, float[] values) => new TestCaseData(attribute, values).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(ConstantAttributes))]
    public void Apply_ConstantNode_BecomesAnInitializer(AttributeProto attribute, float[] values)
    {
        ModelProto model = Model((g, x) => g.Op("Cast", [g.Op("Constant", [], "c", "", attribute)], "y", "", Attribute("to", 1L)));
        TensorProto tensor = model.Import().Forward.Graph.Initializer.Single();
        Assert.That(TensorData.Floats(tensor), Is.EqualTo(values));
        AssertSame(model, model.Import().Forward);
    }

    [Test]
    public void Apply_ConstantText_IsTolerated()
    {
        AttributeProto text = new() { Name = "value_strings", Type = AttributeType.Strings, Strings = { Google.Protobuf.ByteString.CopyFromUtf8("a") } };
        ModelProto model = Model((g, x) =>
        {
            g.Op("Constant", [], "text", "", text);
            return g.Op("Neg", [x], "y");
        });
        AssertSame(model, model.Import().Forward);
    }

    /// <summary>Expressions of constants, each against what ONNX Runtime makes of it.</summary>
    private static IEnumerable<TestCaseData> Expressions()
    {
        yield return Case("Arithmetic", g => g.Div(g.Mul(g.Add(Ints(g, 7, -8, 9), g.Constant(2L)), g.Constant(3L)), g.Constant(4L)));
        yield return Case("Modulo", g => g.Op("Mod", [Ints(g, 7, -8, 9), g.Constant(4L)]));
        yield return Case("Floats", g => g.Op("Sqrt", [g.Div(g.Constant(1f), g.Add(g.Constant(0.1f), g.Constant(3f)))]));
        yield return Case("Reciprocal", g => g.Op("Reciprocal", [g.Op("Neg", [g.Constant(3f)])]));
        yield return Case("Casts", g => g.Cast(g.Cast(g.Constant(-2.7f), DataType.Int64), DataType.Bool));
        yield return Case("Gather", g => g.Op("Gather", [Grid(g), Ints(g, 1, -2)], null, "", Attribute("axis", 1L)));
        yield return Case("Slice", g => g.Op("Slice", [Grid(g), Ints(g, 0, -3), Ints(g, 9, long.MaxValue), Ints(g, 0, 1), Ints(g, 1, 2)]));
        yield return Case("Transpose", g => g.Op("Transpose", [g.Op("Unsqueeze", [Grid(g), Ints(g, 0)])], null, "", Attribute("perm", 2L, 0L, 1L)));
        yield return Case("TransposeReversed", g => g.Op("Transpose", [Grid(g)]));
        yield return Case("Concat", g => g.Op("Concat", [Grid(g), Grid(g)], null, "", Attribute("axis", -1L)));
        yield return Case("Reshape", g => g.Op("Reshape", [Grid(g), Ints(g, 0, -1, 1)]));
        yield return Case("Squeeze", g => g.Op("Squeeze", [g.Op("Unsqueeze", [Grid(g), Ints(g, -1, 0)])]));
        yield return Case("Flatten", g => g.Op("Flatten", [Grid(g)], null, "", Attribute("axis", -1L)));
        yield return Case("Expand", g => g.Op("Expand", [Ints(g, 1, 2, 3), Ints(g, 2, 1)]));
        yield return Case("Range", g => g.Op("Range", [g.Constant(9L), g.Constant(0L), g.Constant(-2L)]));
        yield return Case("Where", g => g.Where(g.Op("Greater", [Grid(g), g.Constant(3L)]), Grid(g), g.Constant(-1L)));
        yield return Case("Logic", g => g.Op("And", [g.Op("Not", [g.Op("Equal", [Grid(g), g.Constant(2L)])]), g.Op("LessOrEqual", [Grid(g), g.Constant(4L)])]));
        yield return Case("Xor", g => g.Op("Xor", [g.Op("Less", [Grid(g), g.Constant(3L)]), g.Op("Less", [Grid(g), g.Constant(5L)])]));
        yield return Case("Extremes", g => g.Op("Max", [g.Op("Min", [Grid(g), g.Constant(4L)]), g.Constant(2L)]));
        yield return Case("ReduceProd", g => g.Op("ReduceProd", [Grid(g)], null, "", Attribute("keepdims", 0L)));
        yield return Case("ReduceMax", g => g.Op("ReduceMax", [Grid(g)]));
        yield return Case("Filled", g => g.Op("ConstantOfShape", [Ints(g, 2, 3)], null, "", Attribute("value", Tensor("", [1], [5L]))));
        yield return Case("Triangle", g => g.Op("Trilu", [Grid(g), g.Constant(1L)], null, "", Attribute("upper", 0L)));
        yield return Case("ShapeOfConstant", g => g.Op("Shape", [Grid(g)], null, "", Attribute("start", -1L)));
        yield return Case("Size", g => g.Op("Size", [Grid(g)]));

        static TestCaseData Case(string name, Func<GraphBuilder, Value> build) => new TestCaseData(build).SetArgDisplayNames(name);
        static Value Grid(GraphBuilder g) => new(g.Graph.Initializer.FirstOrDefault(t => t.Name == "grid")?.Name ?? g.Initializer(Tensor("grid", [2, 3], [1L, 2, 3, 4, 5, 6])).Name);
        static Value Ints(GraphBuilder g, params long[] values) => g.Ints(values);
    }

    [TestCaseSource(nameof(Expressions))]
    public void Apply_ConstantExpression_IsFoldedToWhatTheRuntimeComputes(Func<GraphBuilder, Value> build)
    {
        ModelProto model = Model((g, x) => g.Op("Cast", [build(g)], "y", "", Attribute("to", 1L)));
        ImportedModel imported = model.Import();
        Assert.That(imported.Forward.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "Cast" }));
        AssertSame(model, imported.Forward);
    }

    /// <summary>What a weight flows through stays, so that its gradient can pass.</summary>
    [TestCase("Transpose")]
    [TestCase("Identity")]
    [TestCase("Neg")]
    [TestCase("Cast")]
    public void Apply_OperatorOnAWeight_Stays(string opType)
    {
        ModelProto model = Model((g, x) => g.MatMul(x, g.Op(opType, [g.Weight("w", 4, 4)], null, "", opType == "Cast" ? [Attribute("to", 1L)] : []), "y"));
        ImportedModel imported = model.Import();
        Assert.That(imported.Forward.Graph.Node.Select(n => n.OpType), Does.Contain(opType));
        Assert.That(imported.Names(), Is.EqualTo(new[] { "w" }));
    }

    [Test]
    public void Apply_OnePlusWeight_Stays()
    {
        ImportedModel imported = Model((g, x) => g.Mul(g.MatMul(x, g.Weight("w", 4, 4)), g.Add(g.Constant(1f), g.Weight("gain", 4)), "y")).Import();
        Assert.That(imported.Names(), Is.EquivalentTo(new[] { "w", "gain" }));
    }

    /// <summary>The shape of a weight is a constant, its elements are not.</summary>
    [Test]
    public void Apply_ShapeOfAWeight_IsFolded()
    {
        ModelProto model = Model((g, x) => g.Reshape(x, g.Op("Shape", [g.Weight("w", 4, 3)]), "y"));
        Assert.That(model.Import().Forward.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "Reshape" }));
    }

    [Test]
    public void Apply_DynamicAxes_StayDynamic()
    {
        ModelProto model = Model((g, x) =>
        {
            Value shape = g.Op("Shape", [x]);
            Value batch = g.Op("Gather", [shape, g.Ints(0)]), width = g.Op("Gather", [shape, g.Ints(1)]);
            return g.Reshape(x, g.Op("Concat", [batch, g.Div(width, g.Constant(2L)), g.Ints(2)], null, "", Attribute("axis", 0L)), "y");
        });
        ImportedModel imported = model.Import();
        Assert.That(imported.Forward.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "Shape", "Gather", "Concat", "Reshape" }));
        foreach (int batch in new[] { 1, 2, 7 }) Assert.That(Run(imported.Forward, batch), Is.EqualTo(Run(model, batch)));
    }

    /// <summary>An exporter may leave the sizes of its example in value_info: they are not believed.</summary>
    [Test]
    public void Apply_StaticSizesInDeclarations_AreNotBelieved()
    {
        ModelProto model = Model((g, x) => g.Reshape(x, g.Op("Shape", [g.Op("Neg", [x], "inner")]), "y"));
        model.Graph.ValueInfo.Add(ValueInfo("inner", DataType.Float, 3, 4));
        Assert.That(Run(model.Import().Forward, 5), Is.EqualTo(Run(model, 5)));
    }

    [Test]
    public void Apply_LargeResult_IsNotFolded()
    {
        ModelProto model = Model((g, x) => g.Op("Cast", [g.Op("ConstantOfShape", [g.Ints(1L << 20, 1L << 20)])], "y", "", Attribute("to", 1L)));
        Assert.That(model.Import().Forward.Graph.Node.Select(n => n.OpType), Does.Contain("ConstantOfShape"));
    }

    [TestCase(1, "Exp")]
    [TestCase(0, "Neg")]
    public void Apply_BranchOfConstantCondition_IsTaken(byte condition, string opType)
    {
        GraphProto Branch(string op) => new() { Name = op, Node = { new NodeProto { OpType = op, Input = { "x" }, Output = { op + "_out" } } }, Output = { new ValueInfoProto { Name = op + "_out" } } };
        ModelProto model = Model((g, x) => g.Op("If", [g.Op("Not", [g.Op("Not", [g.Initializer(Raw("flag", DataType.Bool, [], [condition]))])])], "y", "",
            new AttributeProto { Name = "then_branch", Type = AttributeType.Graph, G = Branch("Exp") }, new AttributeProto { Name = "else_branch", Type = AttributeType.Graph, G = Branch("Neg") }));
        Assert.That(model.Import().Forward.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { opType }));
        AssertSame(model, model.Import().Forward);
    }
}
