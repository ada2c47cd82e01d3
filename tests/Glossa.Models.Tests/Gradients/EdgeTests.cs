using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Tests.Evaluation;
using NUnit.Framework;
using static Glossa.Models.Onnx.OnnxFactory;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Gradients;

/// <summary>Where finite differences cannot tell: ties, kinks, infinities, rounding, empty tensors, unknown ranks, and what is refused.</summary>
[TestFixture]
public sealed class EdgeTests
{
    /// <summary>The gradient of x by ONNX Runtime, all ones flowing into y.</summary>
    private static double[] Gradient(DoubleTensor x, Action<GraphBuilder, Value> build, bool shaped = true)
    {
        GraphBuilder g = new(new GraphProto { Name = "edge" });
        Value input = g.Input("x", x.Type, [.. x.Shape.Select((_, i) => (object)$"d{i}")]);
        if (!shaped) g.Graph.Input[0].Type.TensorType.Shape = null;
        build(g, input);
        DoubleTensor y = RuntimeEvaluator.Run(g.Graph, new Dictionary<string, DoubleTensor> { ["x"] = x }, ["y"])["y"];
        Value seed = g.Input("seed", y.Type, [.. y.Shape.Select(d => (object)d)]);
        Value gradient = ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = seed }, ["x"], ShapeMap.Infer(g.Graph))["x"];
        DoubleTensor result = RuntimeEvaluator.Run(g.Graph, new Dictionary<string, DoubleTensor> { ["x"] = x, ["seed"] = y.Map(_ => 1) }, [gradient.Name])[gradient.Name];
        Assert.That(result.Shape, Is.EqualTo(x.Shape));
        return result.Data;
    }

    private static DoubleTensor Vector(params double[] values) => DoubleTensor.Reals([values.Length], values);

    [Test]
    public void Sqrt_AtZero_IsZero() => Assert.That(Gradient(Vector(0, 4), (g, x) => g.Op("Sqrt", [x], "y")), Is.EqualTo((double[])[0, 0.25]));

    [TestCase(0f, 0.0)]
    [TestCase(1f, 1.0)]
    [TestCase(2f, 0.0)]
    [TestCase(0.5f, 0.0)]
    [TestCase(2.5f, 0.0)]
    public void Pow_BaseZero_IsFinite(float exponent, double expected) =>
        Assert.That(Gradient(Vector(0), (g, x) => g.Op("Pow", [x, g.Constant(exponent)], "y")), Is.EqualTo((double[])[expected]));

    [Test]
    public void Pow_ComputedExponentZero_IsZero() => Assert.That(
        Gradient(Vector(0, -2), (g, x) => g.Op("Pow", [x, g.Mul(g.Constant(0f), g.Op("Cast", [g.Op("Size", [x])], null, "", Attribute("to", 1L)))], "y")), Is.EqualTo((double[])[0, 0]));

    [Test]
    public void Max_Ties_ShareTheGradient() => Assert.That(
        Gradient(Vector(1, 2, 3), (g, x) => g.Op("Max", [x, g.Constant(2f)], "y")), Is.EqualTo((double[])[0, 0.5, 1]));

    [Test]
    public void Max_ThreeOperandsTied_ShareTheGradient() => Assert.That(
        Gradient(Vector(2), (g, x) => g.Op("Max", [x, g.Constant(2f), g.Constant(2f)], "y"))[0], Is.EqualTo(1 / 3.0).Within(1e-6));

    [Test]
    public void ReduceMax_Ties_ShareTheGradient() => Assert.That(Gradient(Vector(3, 1, 3), (g, x) => g.Op("ReduceMax", [x], "y")), Is.EqualTo((double[])[0.5, 0, 0.5]));

    [Test]
    public void Clip_AtItsBounds_PassesTheGradient() => Assert.That(
        Gradient(Vector(-2, -1, 0, 1, 2), (g, x) => g.Op("Clip", [x, g.Constant(-1f), g.Constant(1f)], "y")), Is.EqualTo((double[])[0, 1, 1, 1, 0]));

    [Test]
    public void AbsAndRelu_AtZero_AreZero()
    {
        Assert.That(Gradient(Vector(-1, 0, 1), (g, x) => g.Op("Abs", [x], "y")), Is.EqualTo((double[])[-1, 0, 1]));
        Assert.That(Gradient(Vector(-1, 0, 1), (g, x) => g.Relu(x, "y")), Is.EqualTo((double[])[0, 0, 1]));
    }

    [Test]
    public void ReduceLogSumExp_AllMinusInfinity_IsZero() => Assert.That(
        Gradient(Vector(double.NegativeInfinity, double.NegativeInfinity), (g, x) => g.Op("ReduceLogSumExp", [x], "y")), Is.EqualTo((double[])[0, 0]));

    [Test]
    public void Softmax_MaskedRowsReplacedByWhere_LeaveNoNaN()
    {
        double[] result = Gradient(DoubleTensor.Reals([2, 2], 1, 2, 3, 4), (g, x) =>
        {
            Value open = g.Initializer(Raw("open", DataType.Bool, [2, 2], [1, 1, 0, 0]));
            Value weights = g.Softmax(g.Add(x, g.Where(open, g.Constant(0f), g.Constant(float.NegativeInfinity))));
            g.Mul(g.Where(open, weights, g.Constant(0f)), x, "y");
        });
        Assert.That(result, Has.All.Matches<double>(double.IsFinite));
        Assert.That(result[2..], Is.EqualTo((double[])[0, 0]));
    }

    [Test]
    public void QuantizeThenDequantize_PassesWithinTheRangeOnly() => Assert.That(
        Gradient(DoubleTensor.Reals([2, 3], -100, -1.2, 0.3, 100, 1.2, 9), (g, x) =>
        {
            Value scale = g.Initializer(Tensor("scale", [3], [0.5f, 0.1f, 0.05f])), zero = g.Initializer(Raw("zero", DataType.Int8, [3], [0, 5, 0]));
            g.Op("DequantizeLinear", [g.Op("QuantizeLinear", [x, scale, zero], null, "", Attribute("axis", 1L)), scale, zero], "y", "", Attribute("axis", 1L));
        }), Is.EqualTo((double[])[0, 1, 1, 0, 1, 0]).Within(1e-6));

    [Test]
    public void QuantizeInBlocks_PassesTheGradient() => Assert.That(
        Gradient(DoubleTensor.Reals([1, 5], 0.1, 0.2, 300, 0.4, 0.5), (g, x) =>
        {
            Value scale = g.Initializer(Tensor("scale", [1, 3], [0.5f, 1f, 0.05f]));
            AttributeProto[] Attributes() => [Attribute("axis", 1L), Attribute("block_size", 2L)];
            g.Op("DequantizeLinear", [g.Op("QuantizeLinear", [x, scale], null, "", Attributes()), scale], "y", "", Attributes());
        }), Is.EqualTo((double[])[1, 1, 0, 1, 1]).Within(1e-6));

    [Test]
    public void Reshape_EmptyTensor_KeepsItsShape() => Assert.That(
        Gradient(DoubleTensor.Reals([2, 0, 3]), (g, x) => g.Op("Reshape", [x, g.Ints(0, 6)], "y", "", Attribute("allowzero", 1L))), Is.Empty);

    [TestCase("ReduceSum")]
    [TestCase("ReduceMean")]
    [TestCase("ReduceMax")]
    public void Reduction_UnknownRank_FindsItsShapeWhenItRuns(string op)
    {
        double[] keeping = Gradient(DoubleTensor.Reals([2, 2], 1, 2, 3, 4), (g, x) => g.Op(op, [x, g.Ints(-1)], "y", "", Attribute("keepdims", 0L)), shaped: false);
        double[] all = Gradient(DoubleTensor.Reals([2, 2], 1, 2, 3, 4), (g, x) => g.Op(op, [x], "y", "", Attribute("keepdims", 0L)), shaped: false);
        Assert.That(keeping, Is.EqualTo(op switch { "ReduceSum" => (double[])[1, 1, 1, 1], "ReduceMean" => [0.5, 0.5, 0.5, 0.5], _ => [0, 1, 0, 1] }));
        Assert.That(all, Is.EqualTo(op switch { "ReduceSum" => (double[])[1, 1, 1, 1], "ReduceMean" => [0.25, 0.25, 0.25, 0.25], _ => [0, 0, 0, 1] }));
    }

    [Test]
    public void Movement_UnknownRank_FindsItsShapeWhenItRuns()
    {
        DoubleTensor x = DoubleTensor.Reals([2, 3], 1, 2, 3, 4, 5, 6);
        Assert.That(Gradient(x, (g, v) => g.Op("Slice", [v, g.Ints(1), g.Ints(3), g.Ints(-1)], "y"), false), Is.EqualTo((double[])[0, 1, 1, 0, 1, 1]));
        Assert.That(Gradient(x, (g, v) => g.Op("Tile", [v, g.Ints(2, 1)], "y"), false), Is.EqualTo((double[])[2, 2, 2, 2, 2, 2]));
        Assert.That(Gradient(x, (g, v) => g.Concat([v, v], -1, "y"), false), Is.EqualTo((double[])[2, 2, 2, 2, 2, 2]));
        Assert.That(Gradient(x, (g, v) => g.MatMul(v, g.Initializer(Tensor("w", [3, 1], [1f, 2f, 3f])), "y"), false), Is.EqualTo((double[])[1, 2, 3, 1, 2, 3]));
        Assert.That(Gradient(x, (g, v) => g.Mul(v, g.Initializer(Tensor("w", [3], [1f, 2f, 3f])), "y"), false), Is.EqualTo((double[])[1, 2, 3, 1, 2, 3]));
    }

    [Test]
    public void Differentiate_BranchThatReadsAParameterFromOutside_IsRefusedAndNotForgotten()
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float, 2), condition = g.Input("condition", DataType.Bool);
        AttributeProto Branch(string name, string op) => new()
        {
            Name = name,
            Type = AttributeProto.Types.AttributeType.Graph,
            G = new GraphProto { Node = { new NodeProto { OpType = op, Input = { "x" }, Output = { name } } }, Output = { new ValueInfoProto { Name = name } } },
        };
        Value chosen = g.Op("If", [condition], "chosen", "", Branch("then_branch", "Sin"), Branch("else_branch", "Cos"));
        g.Add(x, chosen, "y");
        InputException error = Assert.Throws<InputException>(() => ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = x }, ["x"], ShapeMap.Infer(g.Graph)))!;
        Assert.That(error.Message, Does.Contain("'chosen'").And.Contain("condition"));
    }

    [TestCase("LSTM", "", "transformer")]
    [TestCase("Loop", "", "unroll")]
    [TestCase("PackedAttention", "com.microsoft", "without packing")]
    [TestCase("QAttention", "com.microsoft", "float model")]
    public void Differentiate_RefusedOperator_SaysWhatToDo(string op, string domain, string advice)
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float, 2, 3, 4);
        g.Op(op, [x], "y", domain);
        InputException error = Assert.Throws<InputException>(() => ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = x }, ["x"], ShapeMap.Infer(g.Graph)))!;
        Assert.That(error.Message, Does.Contain(op).And.Contain("'y'").And.Contain(advice));
    }

    [Test]
    public void Differentiate_DynamicallyQuantizedModel_IsRefusedAndNotForgotten()
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float, 2, 3), weight = g.Initializer(Raw("w", DataType.Uint8, [3, 1], [1, 2, 3]));
        Value[] quantized = g.Ops("DynamicQuantizeLinear", [x], ["q", "scale", "zero"]);
        g.Mul(g.Cast(g.Op("MatMulInteger", [quantized[0], weight, quantized[2]]), DataType.Float), quantized[1], "y");
        InputException error = Assert.Throws<InputException>(() => ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = x }, ["x"], ShapeMap.Infer(g.Graph)))!;
        Assert.That(error.Message, Does.Contain("DynamicQuantizeLinear").And.Contain("float model"));
    }

    [Test]
    public void Differentiate_CompositeOffThePath_StaysAsItIs()
    {
        GraphBuilder g = new(new GraphProto());
        Value x = g.Input("x", DataType.Float, 2, 3), constant = g.Input("constant", DataType.Float, 2, 3);
        g.Mul(g.Op("LpNormalization", [x]), g.Op("LpNormalization", [constant]), "y");
        ReverseMode.Differentiate(g, new Dictionary<string, Value> { ["y"] = x }, ["x"], ShapeMap.Infer(g.Graph));
        Assert.That(g.Graph.Node.Count(n => n.OpType == "LpNormalization"), Is.EqualTo(1));
    }

    [Test]
    public void Infer_NodeThatDoesNotFitItsInputs_IsTheFilesError()
    {
        GraphBuilder g = new(new GraphProto());
        g.Transpose(g.Input("x", DataType.Float, 2, 3), [0, 1, 5], "y");
        Assert.That(() => ShapeMap.Infer(g.Graph), Throws.TypeOf<InputException>().With.Message.Contains("'y'"));
    }
}
