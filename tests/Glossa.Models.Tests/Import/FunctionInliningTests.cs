using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using NUnit.Framework;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Import.ImportGraphs;
using AttributeType = Glossa.Models.Onnx.AttributeProto.Types.AttributeType;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Import;

/// <summary>Local functions: what ONNX Runtime computes of the calls, the inlined graph computes.</summary>
[TestFixture]
public sealed class FunctionInliningTests
{
    [Test]
    public void Apply_CalledTwice_KeepsValuesApart()
    {
        ModelProto model = WithFunctions((g, x) => g.Op("Double", [g.Op("Double", [x], "first", "local")], "y", "local"), Function("Double", ["in"], ["out"], [Node("Add", ["in", "in"], ["out"])]));
        ImportedModel imported = Inlined(model);
        Assert.That(imported.Forward.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "Add", "Add" }));
    }

    [Test]
    public void Apply_AttributeByReference_TakesTheCallsValue()
    {
        ModelProto model = WithFunctions((g, x) => g.Op("Leak", [x], "y", "local", Attribute("slope", 0.25f)), Leak(null));
        Assert.That(Inlined(model).Forward.Graph.Node[0].Attribute[0].F, Is.EqualTo(0.25f));
    }

    [Test]
    public void Apply_AttributeByReferenceNotGiven_TakesTheDefault()
    {
        ModelProto model = WithFunctions((g, x) => g.Op("Leak", [x], "y", "local"), Leak(0.5f));
        Assert.That(Inlined(model).Forward.Graph.Node[0].Attribute[0].F, Is.EqualTo(0.5f));
    }

    [Test]
    public void Apply_AttributeByReferenceWithoutDefault_IsLeftOut()
    {
        ModelProto model = WithFunctions((g, x) => g.Op("Leak", [x], "y", "local"), Leak(null));
        Assert.That(Inlined(model).Forward.Graph.Node[0].Attribute, Is.Empty);
    }

    [Test]
    public void Apply_NestedFunctions_HandAttributesOn()
    {
        NodeProto inner = Node("Leak", ["a"], ["b"], "local");
        inner.Attribute.Add(Reference("slope", "outer_slope"));
        FunctionProto outer = Function("Outer", ["a"], ["c"], [inner, Node("Neg", ["b"], ["c"])], "outer_slope");
        ModelProto model = WithFunctions((g, x) => g.Op("Outer", [x], "y", "local", Attribute("outer_slope", 0.75f)), Leak(null), outer);
        ImportedModel imported = Inlined(model);
        Assert.That(imported.Forward.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "LeakyRelu", "Neg" }));
        Assert.That(imported.Forward.Graph.Node[0].Attribute[0].F, Is.EqualTo(0.75f));
    }

    /// <summary>A branch inside a function reads the function's values, and its own names hide them.</summary>
    [Test]
    public void Apply_BranchInFunction_ReadsTheFunctionsValues()
    {
        GraphProto then = new() { Name = "then", Node = { Node("Mul", ["kept", "kept"], ["branch_out"]) }, Output = { new ValueInfoProto { Name = "branch_out" } } };
        GraphProto otherwise = new() { Name = "else", Node = { Node("Neg", ["kept"], ["branch_out"]) }, Output = { new ValueInfoProto { Name = "branch_out" } } };
        NodeProto choice = Node("If", ["flag"], ["out"]);
        choice.Attribute.Add(new AttributeProto { Name = "then_branch", Type = AttributeType.Graph, G = then });
        choice.Attribute.Add(new AttributeProto { Name = "else_branch", Type = AttributeType.Graph, G = otherwise });
        FunctionProto function = Function("Choose", ["in", "flag"], ["out"], [Node("Exp", ["in"], ["kept"]), choice]);
        ModelProto model = WithFunctions((g, x) => g.Op("Choose", [x, g.Initializer(Raw("flag", DataType.Bool, [], [1]))], "y", "local"), function);
        ImportedModel imported = Inlined(model);
        Assert.That(imported.Forward.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "Exp", "Mul" }));
    }

    [Test]
    public void Apply_OptionalInputLeftOut_StaysLeftOut()
    {
        FunctionProto function = Function("Limit", ["in", "low", "high"], ["out"], [Node("Clip", ["in", "low", "high"], ["out"])]);
        ModelProto model = WithFunctions((g, x) => g.Op("Limit", [x, Value.None, g.Constant(0.1f)], "y", "local"), function);
        Assert.That(Inlined(model).Forward.Graph.Node[0].Input[1], Is.Empty);
    }

    [Test]
    public void Apply_InputHandedOn_IsCopied()
    {
        FunctionProto function = Function("Pass", ["in"], ["in"], [Node("Neg", ["in"], ["unused"])]);
        ModelProto model = WithFunctions((g, x) => g.Op("Pass", [g.Op("Neg", [x], "minus")], "y", "local"), function);
        Assert.That(Run(model.Import().Forward), Is.EqualTo(Array.ConvertAll(Values("x", 3, 4), v => -v)));
    }

    /// <summary>A constant of a function that is called twice is one parameter.</summary>
    [Test]
    public void Import_WeightInFunctionCalledTwice_IsOneParameter()
    {
        NodeProto constant = Node("Constant", [], ["w"]);
        constant.Attribute.Add(Attribute("value", Tensor("", [4, 4], Values("w", 4, 4))));
        FunctionProto function = Function("Layer", ["in"], ["out"], [constant, Node("MatMul", ["in", "w"], ["out"])]);
        ModelProto model = WithFunctions((g, x) => g.Op("Layer", [g.Op("Layer", [x], "first", "local")], "y", "local"), function);
        ImportedModel imported = Inlined(model);
        Assert.That(imported.Parameters, Has.Count.EqualTo(1));
        Assert.That(imported.Parameters[0].Twins, Has.Count.EqualTo(1));
        AssertSame(Changed(imported, v => 2 * v).Import().Forward, Changed(imported, v => 2 * v));
        Assert.That(Run(Changed(imported, v => 2 * v)), Is.EqualTo(Array.ConvertAll(Run(model), v => 4 * v)).Within(1e-5));
    }

    [Test]
    public void Apply_FunctionThatCallsItself_Fails() => AssertRefused(
        () => WithFunctions((g, x) => g.Op("Loop", [x], "y", "local"), Function("Loop", ["in"], ["out"], [Node("Loop", ["in"], ["out"], "local")])).Import(), "'Loop'", "calls itself");

    /// <summary>Each function calls the next twice: thirty of them would be a billion nodes.</summary>
    [Test]
    public void Apply_FunctionsThatMultiply_Fail()
    {
        FunctionProto[] functions = [.. Enumerable.Range(0, 30).Select(i => Function($"F{i}", ["in"], ["out"],
            i == 29 ? [Node("Neg", ["in"], ["out"])] : [Node($"F{i + 1}", ["in"], ["half"], "local"), Node($"F{i + 1}", ["half"], ["out"], "local")]))];
        AssertRefused(() => WithFunctions((g, x) => g.Op("F0", [x], "y", "local"), functions).Import(), "expand to more than");
    }

    [Test]
    public void Apply_FunctionOfAnotherOperatorSet_FailsWhereItMatters()
    {
        FunctionProto harmless = Function("Same", ["in"], ["out"], [Node("Neg", ["in"], ["out"])]), changed = Function("Other", ["in"], ["out"], [Node("ReduceMean", ["in"], ["out"])]);
        harmless.OpsetImport[0].Version = changed.OpsetImport[0].Version = 13;
        Assert.That(() => WithFunctions((g, x) => g.Op("Same", [x], "y", "local"), harmless).Import(), Throws.Nothing);
        AssertRefused(() => WithFunctions((g, x) => g.Op("Other", [x], "y", "local"), changed).Import(), "'Other'", "ReduceMean", "13");
    }

    private static ImportedModel Inlined(ModelProto model)
    {
        ImportedModel imported = model.Import();
        Assert.That(imported.Forward.Functions, Is.Empty);
        AssertSame(model, imported.Forward);
        return imported;
    }

    private static FunctionProto Leak(float? slope)
    {
        NodeProto node = Node("LeakyRelu", ["in"], ["out"]);
        node.Attribute.Add(Reference("alpha", "slope"));
        FunctionProto function = Function("Leak", ["in"], ["out"], [node], slope is null ? ["slope"] : []);
        if (slope is { } value) function.AttributeProto.Add(Attribute("slope", value));
        return function;
    }

    private static AttributeProto Reference(string name, string referred) => new() { Name = name, Type = AttributeType.Float, RefAttrName = referred };

    private static NodeProto Node(string type, string[] inputs, string[] outputs, string domain = "") =>
        new() { OpType = type, Domain = domain, Input = { inputs }, Output = { outputs } };

    private static FunctionProto Function(string name, string[] inputs, string[] outputs, NodeProto[] nodes, params string[] attributes) => new()
    {
        Name = name,
        Domain = "local",
        Input = { inputs },
        Output = { outputs },
        Node = { nodes },
        Attribute = { attributes },
        OpsetImport = { new OperatorSetIdProto { Version = 21 }, new OperatorSetIdProto { Domain = "local", Version = 1 } },
    };

    private static ModelProto WithFunctions(Func<GraphBuilder, Value, Value> build, params FunctionProto[] functions)
    {
        ModelProto model = Model(build);
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "local", Version = 1 });
        model.Functions.AddRange(functions);
        return model;
    }
}
