using System.Globalization;
using System.Text.RegularExpressions;
using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Adapters;

/// <summary>
/// Where each initializer lies between a model's input and its output, for learning rates that fall towards the input: 0 for embeddings, 1 for the first
/// layer, one more than the last layer for the head.
/// </summary>
/// <remarks>
/// Exporters keep the layer's number in the names of initializers (<c>encoder.layer.3.output.dense.bias</c>) or of the nodes that read
/// them (<c>/encoder/layer.3/output/dense/MatMul</c>). Where neither has one, an initializer has the largest number that its first reader depends on, or is part of the
/// head where nothing numbered depends on it; where nothing in the graph is numbered, the softmaxes that its first reader depends on are counted, one to a layer.
/// </remarks>
public sealed partial class LayerDepth
{
    private readonly Dictionary<string, int> _depths;

    private LayerDepth(Dictionary<string, int> depths, int layers)
    {
        _depths = depths;
        Layers = layers;
    }

    /// <summary>Number of layers between embeddings and head.</summary>
    public int Layers { get; }

    /// <summary>Depth of an initializer, from 0 to <see cref="Layers"/> + 1.</summary>
    public int Of(string initializer) => _depths.GetValueOrDefault(initializer, Layers + 1);

    /// <summary>Finds the depth of every initializer of a graph.</summary>
    /// <param name="graph">The forward graph, its nodes in topological order.</param>
    /// <param name="head">Initializers that are known to be the head.</param>
    public static LayerDepth In(GraphProto graph, IReadOnlySet<string> head)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(head);
        HashSet<string> initializers = [.. graph.Initializer.Select(i => i.Name)];
        List<(string Name, NodeProto Reader)> order = FirstReaders(graph, initializers);
        Dictionary<NodeProto, int> numbers = Numbers(graph, initializers);
        Dictionary<string, int> depths = numbers.Count > 0 ? ByNumber(graph, order, numbers) : BySoftmax(graph, order);
        int layers = numbers.Count > 0 ? numbers.Values.Max() : depths.Where(entry => !head.Contains(entry.Key)).Select(entry => entry.Value).DefaultIfEmpty(0).Max();
        foreach (string name in head) depths[name] = layers + 1;
        return new LayerDepth(depths, layers);
    }

    private static List<(string Name, NodeProto Reader)> FirstReaders(GraphProto graph, HashSet<string> initializers)
    {
        List<(string Name, NodeProto Reader)> order = [];
        HashSet<string> seen = [];
        foreach (NodeProto node in graph.Node)
            foreach (string input in node.Input)
                if (initializers.Contains(input) && seen.Add(input)) order.Add((input, node));
        return order;
    }

    // A node's depth by its own name or by that of a weight that it reads.
    private static Dictionary<NodeProto, int> Numbers(GraphProto graph, HashSet<string> initializers)
    {
        Dictionary<NodeProto, int> numbers = [];
        foreach (NodeProto node in graph.Node)
            if ((node.Input.Where(initializers.Contains).Select(Number).FirstOrDefault(number => number is not null) ?? Number(node.Name)) is { } number) numbers[node] = number + 1;
        return numbers;
    }

    private static Dictionary<string, int> ByNumber(GraphProto graph, List<(string Name, NodeProto Reader)> order, Dictionary<NodeProto, int> numbers)
    {
        Dictionary<string, int> reached = [];
        Dictionary<NodeProto, int> depths = [];
        foreach (NodeProto node in graph.Node)
        {
            depths[node] = Math.Max(numbers.GetValueOrDefault(node), node.Input.Select(input => reached.GetValueOrDefault(input)).DefaultIfEmpty(0).Max());
            foreach (string output in node.Output) reached[output] = depths[node];
        }
        HashSet<string> leading = [];
        HashSet<NodeProto> inside = [];
        foreach (NodeProto node in graph.Node.Reverse())
        {
            if (!numbers.ContainsKey(node) && !node.Output.Any(leading.Contains)) continue;
            inside.Add(node);
            leading.UnionWith(node.Input);
        }
        int head = numbers.Values.Max() + 1;
        return order.ToDictionary(entry => entry.Name, entry => Number(entry.Name) is { } number ? number + 1 : inside.Contains(entry.Reader) ? depths[entry.Reader] : head);
    }

    private static Dictionary<string, int> BySoftmax(GraphProto graph, List<(string Name, NodeProto Reader)> order)
    {
        Dictionary<string, int> counts = [];
        Dictionary<NodeProto, int> before = [];
        foreach (NodeProto node in graph.Node)
        {
            int count = node.Input.Select(input => counts.GetValueOrDefault(input)).DefaultIfEmpty(0).Max();
            before[node] = count;
            if (node.OpType is "Softmax" or "Attention" or "MultiHeadAttention" or "GroupQueryAttention") count++;
            foreach (string output in node.Output) counts[output] = count;
        }
        // Lookups in tables are embeddings; the first layer's own matrices come before its softmax.
        return order.ToDictionary(entry => entry.Name, entry => entry.Reader.OpType is "Gather" && before[entry.Reader] == 0 ? 0 : Math.Max(1, before[entry.Reader]));
    }

    private static int? Number(string name) => LayerNumber().Match(name) is { Success: true } match
        ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : null;

    [GeneratedRegex(@"(?:^|[./_])(?:layers?|blocks?|h|resblocks)[./_](\d{1,4})(?:[./_]|$)", RegexOptions.CultureInvariant)]
    private static partial Regex LayerNumber();
}
