using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Patterns;

/// <summary>A forward graph while patterns rewrite it: who makes and reads each value, shapes, and which scalars are constant.</summary>
internal sealed class PatternGraph
{
    private const int MaxDepth = 8;

    private readonly IReadOnlySet<string> _parameters;

    /// <param name="graph">The graph, nodes in topological order.</param>
    /// <param name="parameters">Initializers that are trained: never constants, whatever their size.</param>
    public PatternGraph(GraphProto graph, IReadOnlySet<string> parameters)
    {
        _parameters = parameters;
        Graph = graph;
        Shapes = ShapeMap.Infer(graph);
        Index = new GraphIndex(graph);
        G = new GraphBuilder(graph);
    }

    public GraphProto Graph { get; }

    public GraphIndex Index { get; }

    public ShapeMap Shapes { get; }

    public GraphBuilder G { get; }

    /// <summary>The nodes of the given operators as they stand now.</summary>
    public NodeProto[] Nodes(params string[] operators) => [.. Graph.Node.Where(node => operators.Contains(node.OpType))];

    /// <summary>The node that makes a value where it is of the standard operator, else null.</summary>
    public NodeProto? Made(string value, string operation) => Index.Producer(value, operation) is { Domain: "" or "ai.onnx" } node ? node : null;

    /// <summary>The only node that reads a value, or null.</summary>
    public NodeProto? OnlyReader(string value) => Index.IsReadOnce(value) ? Index.Consumers(value).First() : null;

    /// <summary>The input of a node that is not <paramref name="value"/>; null where the node has not two inputs or reads the value twice.</summary>
    public static string? Other(NodeProto node, string value) =>
        node.Input.Count != 2 || node.Input[0] == node.Input[1] ? null : node.Input[0] == value ? node.Input[1] : node.Input[1] == value ? node.Input[0] : null;

    /// <summary>Appends a node of one output to the graph and to what is known about it.</summary>
    public Value Add(string operation, ReadOnlySpan<Value> inputs, string name, string domain = "", params ReadOnlySpan<AttributeProto> attributes) =>
        AddAll(operation, inputs, [name], domain, attributes)[0];

    /// <summary>Appends a node of several outputs; an empty name leaves one out.</summary>
    public Value[] AddAll(string operation, ReadOnlySpan<Value> inputs, ReadOnlySpan<string> names, string domain = "", params ReadOnlySpan<AttributeProto> attributes)
    {
        Value[] made = G.Ops(operation, inputs, names, domain, attributes);
        Index.Track(Graph.Node[^1]);
        Shapes.Extend(Graph);
        return made;
    }

    /// <summary>Lets every reader of a value read another one.</summary>
    public void Replace(string value, Value by) => Index.ReplaceUses(value, by.Name);

    /// <summary>True for an initializer that is trained.</summary>
    public bool IsParameter(string value) => _parameters.Contains(value);

    /// <summary>True for float32, the element type that training computes in.</summary>
    public bool IsFloat(string value) => Shapes.Type(value) == DataType.Float;

    /// <summary>The value of a constant of one element whose shape broadcasts into any operand, or null; small arithmetic over constants and known sizes is followed.</summary>
    public double? Scalar(string value) => Scalar(value, 0);

    private double? Scalar(string value, int depth)
    {
        if (_parameters.Contains(value) || depth > MaxDepth || Shapes.Rank(value) > 1) return null;
        if (Shapes.Scalar(value) is { } known) return known;
        if (Shapes.Integers(value) is [long whole]) return whole;
        if (Index.Producer(value) is not { } node || node.Input.Count is 0 or > 2) return null;
        if (Scalar(node.Input[0], depth + 1) is not { } a) return null;
        double? b = node.Input.Count == 2 ? Scalar(node.Input[1], depth + 1) : null;
        double? result = node.OpType switch
        {
            "Cast" when Shapes.Type(value) is DataType.Float or DataType.Double => a,
            "Identity" => a,
            "Unsqueeze" or "Squeeze" or "Reshape" => a,
            "Sqrt" => Math.Sqrt(a),
            "Neg" => -a,
            "Reciprocal" => 1 / a,
            "Mul" => a * b,
            "Div" when IsFloat(value) => a / b,
            "Add" => a + b,
            "Sub" => a - b,
            "Pow" when b is { } power => Math.Pow(a, power),
            _ => null,
        };
        return result is { } finite && double.IsFinite(finite) ? result : null;
    }

    /// <summary>True where a value is the constant, within the rounding that exporters' literals have.</summary>
    public bool Is(string value, double expected) => Scalar(value) is { } scalar && Near(scalar, expected);

    /// <summary>Equal within the rounding that exporters' literals have.</summary>
    public static bool Near(double value, double expected) => Math.Abs(value - expected) <= 2e-6 * Math.Max(Math.Abs(expected), 1e-3);
}
