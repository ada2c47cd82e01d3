using Glossa.Models.Onnx;

namespace Glossa.Models.Patterns;

/// <summary>
/// Keeps the names of a graph's outputs while their producers are rewritten: each output is read through an Identity, which goes away again afterwards.
/// </summary>
internal sealed class GuardedOutputs
{
    private readonly List<NodeProto> _guards = [];

    /// <summary>Puts an Identity in front of every output that a node makes.</summary>
    public static GuardedOutputs Insert(GraphProto graph)
    {
        GuardedOutputs guarded = new();
        HashSet<string> names = [.. graph.Node.SelectMany(node => node.Output)];
        foreach (string output in graph.Output.Select(o => o.Name).Where(names.Contains).Distinct().ToArray())
        {
            string inner = output + ".guarded";
            while (!names.Add(inner)) inner += "_";
            Rename(graph, output, inner);
            NodeProto guard = new() { OpType = "Identity", Name = inner, Input = { inner }, Output = { output } };
            graph.Node.Add(guard);
            guarded._guards.Add(guard);
        }
        return guarded;
    }

    /// <summary>Gives the outputs' names back to the values that are computed now; an output that is no node's alone keeps its Identity.</summary>
    public void Remove(GraphProto graph)
    {
        HashSet<string> taken = [];
        foreach (NodeProto guard in _guards)
        {
            string inner = guard.Input[0], output = guard.Output[0];
            if (!graph.Node.Any(node => node.Output.Contains(inner)) || !taken.Add(inner)) continue;
            graph.Node.Remove(guard);
            Rename(graph, inner, output);
        }
    }

    private static void Rename(GraphProto graph, string from, string to)
    {
        foreach (NodeProto node in graph.Node) RenameIn(node, from, to);
        foreach (ValueInfoProto info in graph.ValueInfo.Where(v => v.Name == from)) info.Name = to;
    }

    private static void RenameIn(NodeProto node, string from, string to)
    {
        for (int i = 0; i < node.Input.Count; i++)
        {
            if (node.Input[i] == from) node.Input[i] = to;
        }
        for (int i = 0; i < node.Output.Count; i++)
        {
            if (node.Output[i] == from) node.Output[i] = to;
        }
        foreach (GraphProto body in node.Attribute.Where(a => a.G is not null).Select(a => a.G))
        {
            foreach (NodeProto inner in body.Node) RenameIn(inner, from, to);
            foreach (ValueInfoProto output in body.Output.Where(o => o.Name == from)) output.Name = to;
        }
    }
}
