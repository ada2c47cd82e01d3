using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Mixed;

/// <summary>
/// Rewrites a training step so that matrix products read 16-bit operands; everything else (weights, norms, softmax, losses, sums, gradients) stays float32. A product's own result is rounded once to
/// 16 bits, as kernels of that type give it; inside they add in float32. Every tensor is cast once, and where only shapes lie between two products, the 16-bit tensor is passed on without a cast.
/// </summary>
public sealed class MixedPrecision
{
    private static readonly string[] Movements = ["Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Slice"];

    private readonly GraphProto _graph;
    private readonly GraphBuilder _g;
    private readonly GraphIndex _index;
    private readonly ShapeMap _shapes;
    private readonly DataType _type;
    private readonly bool _emulated;
    private readonly Dictionary<string, long[]> _parameters;
    private readonly Dictionary<string, string> _halves = [];
    private readonly HashSet<string> _products = [];
    private readonly List<(string Name, long[] Shape)> _weights = [];

    private MixedPrecision(GraphProto graph, StepModel step, HalfFormat format, bool emulated)
    {
        _graph = graph;
        _shapes = ShapeMap.Infer(graph);
        _g = new GraphBuilder(graph);
        // The index stays that of the float32 step: what a value is made of does not change.
        _index = new GraphIndex(graph.Clone());
        _type = TypeOf(format);
        _emulated = emulated;
        _parameters = step.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Shape);
    }

    /// <summary>Rewrites a step, which is left as it is.</summary>
    /// <param name="step">The float32 step.</param>
    /// <param name="format">Type of the operands.</param>
    /// <param name="emulated">
    /// Whether operands and results are rounded to the type and back, and products run in float32: the same numbers but for the order of sums, on a runtime whose kernels know float32 alone.
    /// </param>
    public static MixedStep Apply(StepModel step, HalfFormat format, bool emulated)
    {
        ArgumentNullException.ThrowIfNull(step);
        ModelProto model = step.Model.Clone();
        MixedPrecision rewriting = new(model.Graph, step, format, emulated);
        rewriting.Rewrite();
        return new MixedStep(step with { Model = model }, rewriting._weights, rewriting.Casting(model));
    }

    /// <summary>The type of a format's elements.</summary>
    public static DataType TypeOf(HalfFormat format) => format == HalfFormat.Float16 ? DataType.Float16 : DataType.Bfloat16;

    private DataType Stored => _emulated ? DataType.Float : _type;

    private void Rewrite()
    {
        NodeProto[] nodes = [.. _graph.Node];
        _graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            if (!IsProduct(node)) _graph.Node.Add(node);
            else if (node.OpType == "Gemm" && node.Input.Count > 2 && node.Input[2].Length > 0) Accumulate(node);
            else Multiply(node, node.Output[0]);
        }
        GraphCleaning.DropUnread(_graph);
        GraphCleaning.SortTopologically(_graph);
        TrainingStep.NumberEqualNodeNames(_graph);
        _graph.ValueInfo.Clear();
    }

    private bool IsProduct(NodeProto node) => node.OpType is "MatMul" or "FusedMatMul" or "Gemm" && node.Input.Take(2).All(input => _shapes.Type(input) is DataType.Float or DataType.Undefined);

    /// <summary>The product in 16 bits, and its result as float32 under the given name.</summary>
    private void Multiply(NodeProto node, string output)
    {
        Value[] operands = [new(Half(node.Input[0])), new(Half(node.Input[1]))];
        Value product = _g.Op(node.OpType, operands, output + ".product", node.Domain, [.. node.Attribute.Where(attribute => attribute.Name != "beta")]);
        string half = _emulated ? output : product.Name;
        if (_emulated) Append("Cast", output, Rounded(product.Name, output).Name, DataType.Float);
        else Append("Cast", output, product.Name, DataType.Float);
        _halves[output] = half;
        _products.Add(output);
    }

    /// <summary>A product that adds to float32 sums: 16-bit kernels would add to 16-bit ones.</summary>
    private void Accumulate(NodeProto node)
    {
        string product = _g.Unique(node.Output[0] + ".float");
        Multiply(node, product);
        float beta = node.AttributeFloat("beta", 1);
        string sum = beta == 1 ? node.Input[2] : _g.Mul(new Value(node.Input[2]), _g.Constant(beta)).Name;
        NodeProto add = new() { OpType = "Add", Name = node.Output[0] };
        add.Input.Add([sum, product]);
        add.Output.Add(node.Output[0]);
        _graph.Node.Add(add);
    }

    /// <summary>The 16-bit form of a float32 value.</summary>
    private string Half(string value)
    {
        if (_halves.TryGetValue(value, out string? known)) return known;
        string half = _parameters.TryGetValue(value, out long[]? shape) ? HalfWeight(value, shape)
            : IsMovedHalf(value, out NodeProto? movement) ? Moved(movement!)
            : _emulated ? _g.Cast(Rounded(value, value), DataType.Float, value + ".rounded").Name : Rounded(value, value).Name;
        return _halves[value] = half;
    }

    private string HalfWeight(string parameter, long[] shape)
    {
        _weights.Add((parameter, shape));
        return _g.Input(MixedStep.HalfWeight(parameter), Stored, [.. shape.Select(dimension => (object)dimension)]).Name;
    }

    // A value that is a product's result, or a weight, in another shape or order.
    private bool IsMovedHalf(string value, out NodeProto? movement)
    {
        movement = _index.Producer(value);
        if (movement is null || movement.Domain.Length > 0 || !Movements.Contains(movement.OpType)) return false;
        string source = movement.Input[0];
        return _products.Contains(source) || _parameters.ContainsKey(source) || IsMovedHalf(source, out _);
    }

    private string Moved(NodeProto movement)
    {
        Value[] inputs = [new(Half(movement.Input[0])), .. movement.Input.Skip(1).Select(input => new Value(input))];
        return _g.Op(movement.OpType, inputs, movement.Output[0] + ".half", movement.Domain, [.. movement.Attribute]).Name;
    }

    private Value Rounded(string value, string name) => _g.Cast(new Value(value), _type, name + ".half");

    private void Append(string type, string output, string input, DataType to)
    {
        NodeProto node = new() { OpType = type, Name = output };
        node.Input.Add(input);
        node.Output.Add(output);
        node.Attribute.Add(OnnxFactory.Attribute("to", (long)to));
        _graph.Node.Add(node);
    }

    private ModelProto Casting(ModelProto step)
    {
        GraphBuilder g = new(new GraphProto { Name = "half_weights" });
        foreach ((string name, long[] shape) in _weights)
        {
            object[] dimensions = [.. shape.Select(dimension => (object)dimension)];
            Value weight = g.Input(name, DataType.Float, dimensions), half = g.Cast(weight, _type, _emulated ? name + ".rounded" : MixedStep.HalfWeight(name));
            g.Output(_emulated ? g.Cast(half, DataType.Float, MixedStep.HalfWeight(name)) : half, Stored, dimensions);
        }
        ModelProto model = new() { IrVersion = step.IrVersion, Graph = g.Graph, ProducerName = step.ProducerName };
        model.OpsetImport.Add(step.OpsetImport.First(import => import.Domain is "" or "ai.onnx").Clone());
        return model;
    }
}
