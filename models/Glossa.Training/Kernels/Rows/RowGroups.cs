using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Kernels.Rows;

/// <summary>
/// Finds the nodes of a graph that one <see cref="RowProgram"/> can compute: from the last node backwards, each joins those that read it where they are all in one group, so that what is computed inside is never
/// written to memory. Groups that read the same value become one where neither waits for the other.
/// </summary>
internal sealed class RowGroups
{
    private readonly GraphProto _graph;
    private readonly GraphIndex _index;
    private readonly ShapeMap _shapes;
    private readonly HashSet<string> _outputs;
    private readonly Dictionary<NodeProto, RowGroup> _groups = new(ReferenceEqualityComparer.Instance);

    private RowGroups(GraphProto graph, ShapeMap shapes)
    {
        (_graph, _shapes, _index) = (graph, shapes, new GraphIndex(graph));
        _outputs = [.. graph.Output.Select(output => output.Name)];
    }

    /// <summary>The groups of a graph whose nodes stand in topological order, each with its nodes in that order.</summary>
    public static IReadOnlyList<RowGroup> Find(GraphProto graph, ShapeMap shapes)
    {
        RowGroups groups = new(graph, shapes);
        foreach (NodeProto node in graph.Node.Reverse()) groups.Place(node);
        foreach (NodeProto node in graph.Node) groups.MoveToOperand(node);
        foreach (RowGroup group in groups._groups.Values.Distinct()) group.Nodes.Reverse();
        return [.. groups._groups.Values.Distinct()];
    }

    private void Place(NodeProto node)
    {
        if (RowOperations.Of(node, _shapes) is null) return;
        string output = node.Output[0];
        NodeProto[] readers = [.. _index.Consumers(output)];
        if (!_outputs.Contains(output) && readers.Length > 0 && readers.All(_groups.ContainsKey))
        {
            RowGroup[] among = [.. readers.Select(reader => _groups[reader]).Distinct()];
            if (among.All(group => Fits(node, group.Shape)) && among.Skip(1).All(other => CanMerge(among[0], other)))
            {
                foreach (RowGroup other in among.Skip(1)) Merge(among[0], other);
                Join(node, among[0]);
                return;
            }
        }
        if (OwnShape(node) is { Count: > 1 } shape && !shape[^1].Is(1) && Fits(node, shape)) Join(node, new RowGroup(shape));
    }

    // A sum that is alone waits for nothing but its operand, so it can be taken where that is made.
    private void MoveToOperand(NodeProto node)
    {
        if (!RowOperations.IsSum(node) || !_groups.TryGetValue(node, out RowGroup? alone) || alone.Nodes.Count > 1) return;
        if (_index.Producer(node.Input[0]) is not { } producer || !_groups.TryGetValue(producer, out RowGroup? group) || !Fits(node, group.Shape)) return;
        group.Nodes.Insert(0, node);
        _groups[node] = group;
    }

    private IReadOnlyList<Dimension>? OwnShape(NodeProto node) => _shapes.Shape(RowOperations.IsSum(node) ? node.Input[0] : node.Output[0]);

    private void Join(NodeProto node, RowGroup group)
    {
        group.Nodes.Add(node);
        _groups[node] = group;
    }

    private void Merge(RowGroup into, RowGroup other)
    {
        foreach (NodeProto node in other.Nodes) _groups[node] = into;
        into.Nodes.AddRange(other.Nodes);
        // Nodes were visited from the last one on, and stand in that order.
        Dictionary<NodeProto, int> places = _graph.Node.Index().ToDictionary(pair => pair.Item, pair => pair.Index, (IEqualityComparer<NodeProto>)ReferenceEqualityComparer.Instance);
        into.Nodes.Sort((a, b) => places[b].CompareTo(places[a]));
    }

    private bool Fits(NodeProto node, IReadOnlyList<Dimension> shape)
    {
        RowKind? result = RowOperations.IsColumnSum(node, _shapes) ? RowKind.Full : Kind(node.Output[0], shape);
        if (result is not (RowKind.Full or RowKind.Column)) return false;
        if (RowOperations.IsSum(node) && Kind(node.Input[0], shape) != RowKind.Full) return false;
        return RowOperations.Operands(node).All(input => Kind(input, shape) is not null);
    }

    /// <summary>What of a tensor of that shape a value is, or null.</summary>
    public static RowKind? KindOf(IReadOnlyList<Dimension>? value, IReadOnlyList<Dimension> shape)
    {
        if (value is null || value.Count > shape.Count) return null;
        if (value.All(size => size.Is(1))) return RowKind.Scalar;
        if (value.SequenceEqual(shape)) return RowKind.Full;
        if (value.Count == shape.Count && value[^1].Is(1) && value.SkipLast(1).SequenceEqual(shape.SkipLast(1))) return RowKind.Column;
        return value[^1].Equals(shape[^1]) && value.SkipLast(1).All(size => size.Is(1)) ? RowKind.Row : null;
    }

    private RowKind? Kind(string value, IReadOnlyList<Dimension> shape) => _shapes.Type(value) == DataType.Float ? KindOf(_shapes.Shape(value), shape) : null;

    private bool CanMerge(RowGroup a, RowGroup b) => a.Shape.SequenceEqual(b.Shape) && !WaitsFor(a, b) && !WaitsFor(b, a);

    /// <summary>True where a value that the group reads is computed from what the other gives out.</summary>
    private bool WaitsFor(RowGroup group, RowGroup other)
    {
        HashSet<object> seen = new(ReferenceEqualityComparer.Instance) { group };
        Stack<NodeProto> open = new(group.Nodes);
        while (open.TryPop(out NodeProto? node))
        {
            foreach (string input in node.Input)
            {
                if (_index.Producer(input) is not { } producer) continue;
                RowGroup? of = _groups.GetValueOrDefault(producer);
                if (of == other) return true;
                if (!seen.Add((object?)of ?? producer)) continue;
                if (of is null) open.Push(producer);
                else foreach (NodeProto member in of.Nodes) open.Push(member);
            }
        }
        return false;
    }
}

/// <summary>Nodes over the rows of one shape.</summary>
internal sealed class RowGroup(IReadOnlyList<Dimension> shape)
{
    /// <summary>The shape, of two axes and more.</summary>
    public IReadOnlyList<Dimension> Shape { get; } = shape;

    /// <summary>The nodes.</summary>
    public List<NodeProto> Nodes { get; } = [];
}
