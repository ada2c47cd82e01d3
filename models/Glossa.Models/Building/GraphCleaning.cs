using System.Text;
using Glossa.Models.Onnx;
using Google.Protobuf;

namespace Glossa.Models.Building;

/// <summary>Passes that change no value: equal nodes merged, unread nodes dropped, nodes sorted.</summary>
public static class GraphCleaning
{
    /// <summary>Merges nodes that compute the same thing from the same inputs.</summary>
    public static void MergeEqualNodes(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        HashSet<string> outputs = [.. graph.Output.Select(output => output.Name)];
        Dictionary<string, NodeProto> seen = [];
        Dictionary<string, string> renamed = [];
        List<NodeProto> kept = [];
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                if (renamed.TryGetValue(node.Input[i], out string? name)) node.Input[i] = name;
            }
            bool random = node.OpType.StartsWith("Random", StringComparison.Ordinal) || node.OpType is "Dropout" or "Bernoulli" or "Multinomial";
            bool subgraphs = node.Attribute.Any(attribute => attribute.G is not null || attribute.Graphs.Count > 0);
            if (!random && !subgraphs && !node.Output.Any(outputs.Contains))
            {
                string key = Key(node);
                if (seen.TryGetValue(key, out NodeProto? twin) && twin.Output.Count == node.Output.Count)
                {
                    for (int i = 0; i < node.Output.Count; i++) renamed[node.Output[i]] = twin.Output[i];
                    continue;
                }
                seen[key] = node;
            }
            kept.Add(node);
        }
        graph.Node.Clear();
        graph.Node.AddRange(kept);
    }

    /// <summary>Drops nodes and initializers that no output needs.</summary>
    public static void DropUnread(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Dictionary<string, NodeProto> producers = [];
        foreach (NodeProto node in graph.Node)
        {
            foreach (string output in node.Output) producers[output] = node;
        }
        HashSet<NodeProto> needed = [];
        HashSet<string> read = [];
        Stack<string> open = new(graph.Output.Select(output => output.Name));
        while (open.TryPop(out string? value))
        {
            if (!read.Add(value)) continue;
            if (!producers.TryGetValue(value, out NodeProto? node) || !needed.Add(node)) continue;
            foreach (string input in node.Input) open.Push(input);
            foreach (string captured in Captured(node)) open.Push(captured);
        }
        Keep(graph.Node, needed.Contains);
        Keep(graph.Initializer, initializer => read.Contains(initializer.Name));
    }

    /// <summary>Orders the nodes so that each comes after what it reads, keeping the present order where it can.</summary>
    /// <exception cref="InputException">The graph has a cycle.</exception>
    public static void SortTopologically(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Dictionary<string, int> producers = [];
        for (int i = 0; i < graph.Node.Count; i++)
        {
            foreach (string output in graph.Node[i].Output)
            {
                if (output.Length > 0) producers[output] = i;
            }
        }
        int[] waiting = new int[graph.Node.Count];
        List<int>[] readers = [.. graph.Node.Select(_ => new List<int>())];
        for (int i = 0; i < graph.Node.Count; i++)
        {
            foreach (int producer in graph.Node[i].Input.Concat(Captured(graph.Node[i])).Where(producers.ContainsKey).Select(name => producers[name]).Distinct())
            {
                readers[producer].Add(i);
                waiting[i]++;
            }
        }
        PriorityQueue<int, int> ready = new();
        for (int i = 0; i < waiting.Length; i++)
        {
            if (waiting[i] == 0) ready.Enqueue(i, i);
        }
        List<NodeProto> sorted = [];
        while (ready.TryDequeue(out int next, out _))
        {
            sorted.Add(graph.Node[next]);
            foreach (int reader in readers[next])
            {
                if (--waiting[reader] == 0) ready.Enqueue(reader, reader);
            }
        }
        if (sorted.Count != graph.Node.Count)
        {
            NodeProto stuck = graph.Node[Array.FindIndex(waiting, count => count > 0)];
            throw new InputException($"the graph has a cycle through node '{stuck.Name}' ({stuck.OpType})", fix: "export the model again");
        }
        graph.Node.Clear();
        graph.Node.AddRange(sorted);
    }

    /// <summary>The names that a node's subgraphs read, their own ones among them.</summary>
    internal static IEnumerable<string> Captured(NodeProto node)
    {
        foreach (AttributeProto attribute in node.Attribute)
        {
            foreach (GraphProto graph in attribute.Graphs.Prepend(attribute.G).Where(graph => graph is not null))
            {
                foreach (NodeProto inner in graph.Node)
                {
                    foreach (string input in inner.Input) yield return input;
                    foreach (string captured in Captured(inner)) yield return captured;
                }
                foreach (ValueInfoProto output in graph.Output) yield return output.Name;
            }
        }
    }

    private static string Key(NodeProto node)
    {
        StringBuilder key = new();
        key.Append(node.Domain).Append('|').Append(node.OpType).Append('|').AppendJoin(',', node.Input).Append('|').Append(node.Output.Count);
        foreach (AttributeProto attribute in node.Attribute.OrderBy(attribute => attribute.Name, StringComparer.Ordinal))
            key.Append('|').Append(Convert.ToBase64String(attribute.ToByteArray()));
        return key.ToString();
    }

    private static void Keep<T>(Google.Protobuf.Collections.RepeatedField<T> items, Func<T, bool> keep)
    {
        T[] kept = [.. items.Where(keep)];
        items.Clear();
        items.AddRange(kept);
    }
}
