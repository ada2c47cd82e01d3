using Glossa.Models.Onnx;

namespace Glossa.Models.Building;

/// <summary>Who makes and who reads each value of a graph, for passes that rewrite it; kept current through its own methods.</summary>
public sealed class GraphIndex
{
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly Dictionary<string, HashSet<NodeProto>> _consumers = [];
    private readonly Dictionary<string, TensorProto> _initializers;
    private readonly HashSet<string> _outputs;

    /// <summary>Indexes a graph.</summary>
    public GraphIndex(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Graph = graph;
        _outputs = [.. graph.Output.Select(output => output.Name)];
        _initializers = graph.Initializer.ToDictionary(initializer => initializer.Name);
        foreach (NodeProto node in graph.Node) Track(node);
    }

    /// <summary>The graph.</summary>
    public GraphProto Graph { get; }

    /// <summary>The node that makes a value, or null for inputs and initializers.</summary>
    public NodeProto? Producer(string value) => _producers.GetValueOrDefault(value);

    /// <summary>The node that makes a value where it is of the given operator, else null.</summary>
    public NodeProto? Producer(string value, string opType) => Producer(value) is { } node && node.OpType == opType ? node : null;

    /// <summary>The nodes that read a value.</summary>
    public IReadOnlyCollection<NodeProto> Consumers(string value) => _consumers.TryGetValue(value, out HashSet<NodeProto>? set) ? set : [];

    /// <summary>The initializer of that name, or null.</summary>
    public TensorProto? Initializer(string value) => _initializers.GetValueOrDefault(value);

    /// <summary>True where exactly one node reads the value and the graph does not give it out.</summary>
    public bool IsReadOnce(string value) => Consumers(value).Count == 1 && !_outputs.Contains(value);

    /// <summary>Starts tracking a node that was appended to the graph.</summary>
    public void Track(NodeProto node)
    {
        ArgumentNullException.ThrowIfNull(node);
        foreach (string output in node.Output) _producers[output] = node;
        foreach (string input in node.Input)
        {
            if (!_consumers.TryGetValue(input, out HashSet<NodeProto>? set)) _consumers[input] = set = [];
            set.Add(node);
        }
    }

    /// <summary>Changes one input of a node.</summary>
    public void SetInput(NodeProto node, int index, string value)
    {
        ArgumentNullException.ThrowIfNull(node);
        string old = node.Input[index];
        node.Input[index] = value;
        if (!node.Input.Contains(old) && _consumers.TryGetValue(old, out HashSet<NodeProto>? set)) set.Remove(node);
        if (!_consumers.TryGetValue(value, out HashSet<NodeProto>? target)) _consumers[value] = target = [];
        target.Add(node);
    }

    /// <summary>Lets every reader of <paramref name="old"/> read <paramref name="replacement"/> in its place.</summary>
    public void ReplaceUses(string old, string replacement)
    {
        foreach (NodeProto node in Consumers(old).ToArray())
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                if (node.Input[i] == old) SetInput(node, i, replacement);
            }
        }
    }

    /// <summary>An integer attribute of a node.</summary>
    public static long IntAttribute(NodeProto node, string name, long otherwise) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? otherwise;

    /// <summary>The permutation of a Transpose node; empty where it has none and turns all axes round.</summary>
    public static long[] Permutation(NodeProto node) => node.Attribute.FirstOrDefault(attribute => attribute.Name == "perm") is { } permutation ? [.. permutation.Ints] : [];
}
