using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>How a node uses a weight.</summary>
/// <param name="Node">A MatMul, Gemm, or Gather.</param>
/// <param name="Weight">The initializer.</param>
/// <param name="ByRow">
/// True where an output channel (or an embedded token) is a row of the stored matrix; false where it is a column.
/// </param>
internal sealed record WeightUse(NodeProto Node, TensorProto Weight, bool ByRow);

/// <summary>Finds the operators of a graph whose weights can be held in uint8.</summary>
internal sealed class WeightUses
{
    private readonly GraphProto _graph;
    private readonly DynamicQuantizationOptions _options;
    private readonly Dictionary<string, TensorProto> _weights = [];
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly List<WeightUse> _uses = [];

    public WeightUses(GraphProto graph, long irVersion, DynamicQuantizationOptions options)
    {
        _graph = graph;
        _options = options;
        // From IR version 4 on, an initializer that is also an input is a default the caller may replace.
        HashSet<string> replaceable = irVersion < 4 ? [] : [.. graph.Input.Select(i => i.Name)];
        foreach (TensorProto tensor in graph.Initializer)
        {
            if (tensor.DataType == (int)TensorProto.Types.DataType.Float && tensor.Dims.Count == 2 && tensor.Dims.All(d => d > 0)
                && !replaceable.Contains(tensor.Name) && !options.KeepFloat.Contains(tensor.Name))
                _weights.Add(tensor.Name, tensor);
        }
        foreach (NodeProto node in graph.Node)
            foreach (string output in node.Output)
                _producers[output] = node;
        foreach (NodeProto node in graph.Node)
            if (Match(node) is { } use)
                _uses.Add(use);
        RemoveEmbeddingsThatSaveNothing();
    }

    /// <summary>The uses, in graph order.</summary>
    public IReadOnlyList<WeightUse> All => _uses;

    /// <summary>The initializer behind a value, through Identity and Transpose, or null; says whether it arrives transposed.</summary>
    public TensorProto? Resolve(string name, out bool transposed)
    {
        transposed = false;
        while (!_weights.ContainsKey(name) && _producers.TryGetValue(name, out NodeProto? producer) && IsAlias(producer))
        {
            transposed ^= producer.OpType == "Transpose";
            name = producer.Input[0];
        }
        return _weights.GetValueOrDefault(name);
    }

    /// <summary>True for nodes that only rename or transpose a matrix.</summary>
    public static bool IsAlias(NodeProto node) => IsStandard(node) && node.OpType switch
    {
        "Identity" => true,
        "Transpose" => node.Attribute.FirstOrDefault(a => a.Name == "perm") is not { } perm || perm.Ints is [1, 0],
        _ => false,
    };

    private WeightUse? Match(NodeProto node)
    {
        if (!IsStandard(node)) return null;
        bool transposed;
        switch (node.OpType)
        {
            case "MatMul" when Resolve(node.Input[1], out transposed) is { } weight && Resolve(node.Input[0], out _) is null:
                return new WeightUse(node, weight, transposed);
            case "Gemm" when Integer(node, "transA") == 0 && Resolve(node.Input[1], out transposed) is { } weight && Resolve(node.Input[0], out _) is null:
                return new WeightUse(node, weight, transposed ^ (Integer(node, "transB") != 0));
            case "Gather" when _options.Embeddings && Integer(node, "axis") == 0
                && Resolve(node.Input[0], out transposed) is { } weight && !transposed && IsTokenIds(node.Input[1]):
                return new WeightUse(node, weight, true);
            default:
                return null;
        }
    }

    private bool IsTokenIds(string name)
    {
        while (_producers.TryGetValue(name, out NodeProto? producer))
        {
            if (producer.OpType is not ("Cast" or "Identity" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten")) return false;
            name = producer.Input[0];
        }
        return _options.TokenInputs.Contains(name);
    }

    // A table that some operator still reads as floats stays in the file anyway: a uint8 copy beside it saves nothing.
    private void RemoveEmbeddingsThatSaveNothing()
    {
        HashSet<NodeProto> quantized = new(_uses.Select(u => u.Node), ReferenceEqualityComparer.Instance);
        HashSet<string> floatUses = [];
        foreach (NodeProto node in _graph.Node)
        {
            if (quantized.Contains(node) || IsAlias(node)) continue;
            foreach (string input in node.Input)
                if (Resolve(input, out _) is { } weight)
                    floatUses.Add(weight.Name);
        }
        foreach (string name in SubgraphReferences(_graph).Concat(_graph.Output.Select(o => o.Name)))
            if (Resolve(name, out _) is { } weight)
                floatUses.Add(weight.Name);
        _uses.RemoveAll(use => use.Node.OpType == "Gather" && floatUses.Contains(use.Weight.Name));
    }

    /// <summary>Every name that bodies of If, Loop and Scan mention; those that are not their own come from the graph around them.</summary>
    public static IEnumerable<string> SubgraphReferences(GraphProto graph) =>
        graph.Node.SelectMany(node => node.Attribute)
            .SelectMany(attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Append(attribute.G))
            .SelectMany(body => body.Node.SelectMany(n => n.Input)
                .Concat(body.Output.Select(o => o.Name)).Concat(SubgraphReferences(body)));

    public static bool IsStandard(NodeProto node) => node.Domain.Length == 0 || node.Domain == "ai.onnx";

    public static long Integer(NodeProto node, string attribute) => node.Attribute.FirstOrDefault(a => a.Name == attribute)?.I ?? 0;
}
