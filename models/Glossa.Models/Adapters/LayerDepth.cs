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
/// them (<c>/encoder/layer.3/output/dense/MatMul</c>). Where neither has one, an initializer has the depth of the numbered ones read just before it;
/// where nothing in the graph is numbered, the softmaxes that its first reader depends on are counted, one to a layer.
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
        Dictionary<string, int> numbered = [];
        foreach ((string name, NodeProto reader) in order)
            if ((Number(name) ?? Number(reader.Name)) is { } number) numbered[name] = number;
        Dictionary<string, int> depths = numbered.Count > 0 ? ByNumber(order, numbered) : BySoftmax(graph, order);
        int layers = depths.Count == 0 ? 0 : depths.Where(entry => !head.Contains(entry.Key)).Select(entry => entry.Value).DefaultIfEmpty(0).Max();
        if (numbered.Count > 0) layers = numbered.Values.Max() + 1;
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

    // Before the first numbered one come the embeddings; after the last, unnumbered ones (a final norm, a head) belong to the head.
    private static Dictionary<string, int> ByNumber(List<(string Name, NodeProto Reader)> order, Dictionary<string, int> numbered)
    {
        int last = order.FindLastIndex(entry => numbered.ContainsKey(entry.Name)), layers = numbered.Values.Max() + 1, depth = 0;
        Dictionary<string, int> depths = [];
        for (int i = 0; i < order.Count; i++)
        {
            if (numbered.TryGetValue(order[i].Name, out int number)) depth = number + 1;
            depths[order[i].Name] = i > last ? layers + 1 : depth;
        }
        return depths;
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
