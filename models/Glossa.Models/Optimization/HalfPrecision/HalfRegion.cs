using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Optimization.HalfPrecision;

/// <summary>The nodes of a graph that compute in float16: operators that gain by it, from the first that reads a weight matrix on.</summary>
internal sealed class HalfRegion
{
    private static readonly HashSet<string> Operators =
    [
        "MatMul", "FusedMatMul", "Gemm", "Conv", "Add", "Sub", "Mul", "Neg", "Relu", "Sigmoid", "Tanh", "Gelu", "BiasGelu", "FastGelu", "QuickGelu",
        "LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization",
        "MultiHeadAttention", "GroupQueryAttention", "Attention", "RotaryEmbedding",
        "Gather", "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Flatten", "Concat", "Split", "Slice", "Expand", "Identity", "Pad", "Where",
    ];

    // Between these and the product before a Softmax stand scale and mask, which keep the softmax's precision.
    private static readonly HashSet<string> BeforeSoftmax = ["Add", "Sub", "Mul", "Div", "Where", "Max", "Reshape", "Neg"];

    private readonly HashSet<NodeProto> _nodes = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _values = [];
    private readonly List<string> _kept = [];
    private readonly Dictionary<string, TensorProto> _initializers;
    private readonly ShapeMap _shapes;

    private HalfRegion(GraphProto graph, ShapeMap shapes)
    {
        _initializers = graph.Initializer.ToDictionary(t => t.Name);
        _shapes = shapes;
    }

    /// <summary>First outputs of the nodes that could be half and are not, for their weights or values do not fit.</summary>
    public IReadOnlyList<string> KeptFloat => _kept;

    /// <summary>Finds the region; nodes stand in topological order.</summary>
    public static HalfRegion Of(GraphProto graph, ShapeMap shapes, IReadOnlySet<string> keepFloat)
    {
        HalfRegion region = new(graph, shapes);
        HashSet<NodeProto> precise = Precise(graph);
        HashSet<string> captured = [.. graph.Node.SelectMany(GraphCleaning.Captured)];
        foreach (NodeProto node in graph.Node)
        {
            if (!Operators.Contains(node.OpType) || precise.Contains(node) || node.Output.Any(captured.Contains)) continue;
            if (shapes.Type(node.Output[0]) != DataType.Float || !node.Input.Any(region.Begins)) continue;
            if (keepFloat.Contains(node.Output[0]) || node.Input.Any(region.Overflows)) region._kept.Add(node.Output[0]);
            else region.Add(node);
        }
        return region;
    }

    /// <summary>True for a node that computes in float16.</summary>
    public bool Contains(NodeProto node) => _nodes.Contains(node);

    /// <summary>True for a value that such a node makes.</summary>
    public bool IsHalf(string value) => _values.Contains(value);

    /// <summary>The initializer of that name, or null.</summary>
    public TensorProto? Initializer(string name) => _initializers.GetValueOrDefault(name);

    /// <summary>The input of an attention operator that is added to its scores; -1 for other nodes.</summary>
    public static int BiasInput(NodeProto node) => node.OpType switch
    {
        "MultiHeadAttention" => 5,
        "GroupQueryAttention" => 10,
        "Attention" => 3,
        _ => -1,
    };

    private void Add(NodeProto node)
    {
        _nodes.Add(node);
        foreach (string output in node.Output.Where(output => output.Length > 0 && _shapes.Type(output) == DataType.Float)) _values.Add(output);
    }

    private bool Begins(string value) => _values.Contains(value) || (_initializers.TryGetValue(value, out TensorProto? tensor) && IsMatrix(tensor));

    private static bool IsMatrix(TensorProto tensor) => tensor.DataType == (int)DataType.Float && tensor.Dims.Count(size => size > 1) >= 2;

    private bool Overflows(string value)
    {
        if (!_initializers.TryGetValue(value, out TensorProto? tensor) || tensor.DataType != (int)DataType.Float) return false;
        foreach (float weight in TensorData.FloatSpan(tensor))
        {
            if (!(Math.Abs(weight) <= HalfPrecision.Largest)) return true;
        }
        return false;
    }

    /// <summary>The nodes whose results only serve masks, biases and the scores before a softmax.</summary>
    private static HashSet<NodeProto> Precise(GraphProto graph)
    {
        GraphIndex index = new(graph);
        HashSet<NodeProto> precise = new(ReferenceEqualityComparer.Instance);
        Stack<(string Value, bool IsBias)> open = new();
        foreach (NodeProto node in graph.Node)
        {
            if (node.In(Math.Max(0, BiasInput(node))) is { Length: > 0 } bias && BiasInput(node) >= 0) open.Push((bias, true));
            if (node.OpType == "Softmax") open.Push((node.Input[0], false));
        }
        while (open.TryPop(out (string Value, bool IsBias) next))
        {
            // What a mask takes from the shape of an activation does not make that activation part of it.
            if (index.Producer(next.Value) is not { } node || node.OpType is "Shape" or "Size" || (!next.IsBias && !BeforeSoftmax.Contains(node.OpType)) || !precise.Add(node)) continue;
            foreach (string input in node.Input) open.Push((input, next.IsBias));
        }
        return precise;
    }
}
