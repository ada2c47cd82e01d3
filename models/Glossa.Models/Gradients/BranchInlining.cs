using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Replaces an If of constant condition by the nodes of the branch that it takes.</summary>
public static class BranchInlining
{
    /// <summary>Inlines every such If of the main graph, nested ones too, and takes the new nodes into <paramref name="shapes"/>.</summary>
    /// <returns>How many were replaced.</returns>
    public static int Apply(GraphBuilder builder, ShapeMap shapes)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(shapes);
        int replaced = 0;
        for (int i = 0; i < builder.Graph.Node.Count; i++)
        {
            NodeProto node = builder.Graph.Node[i];
            if (node.OpType != "If" || node.Domain is not ("" or "ai.onnx") || shapes.Flag(node.In(0)) is not { } condition) continue;
            if (node.Find(condition ? "then_branch" : "else_branch")?.G is not { } branch) continue;
            builder.Graph.Node.RemoveAt(i);
            List<NodeProto> body = Body(builder, node, branch);
            for (int j = 0; j < body.Count; j++) builder.Graph.Node.Insert(i + j, body[j]);
            shapes.Extend(builder.Graph);
            replaced++;
            // The branch may begin with another If.
            i--;
        }
        return replaced;
    }

    private static List<NodeProto> Body(GraphBuilder builder, NodeProto node, GraphProto branch)
    {
        Dictionary<string, string> names = [];
        HashSet<string> computed = [.. branch.Node.SelectMany(n => n.Output)];
        List<NodeProto> body = [];
        List<NodeProto> copies = [];
        for (int i = 0; i < branch.Output.Count; i++)
        {
            string inner = branch.Output[i].Name;
            if (computed.Contains(inner) && names.TryAdd(inner, node.Output[i])) continue;
            // What a branch hands on from outside, or twice, is copied.
            copies.Add(new NodeProto { OpType = "Identity", Name = node.Output[i], Input = { inner }, Output = { node.Output[i] } });
        }
        foreach (TensorProto initializer in branch.Initializer)
        {
            TensorProto copy = initializer.Clone();
            names[initializer.Name] = copy.Name = builder.Unique(initializer.Name);
            builder.Graph.Initializer.Add(copy);
        }
        foreach (string name in computed.Where(n => n.Length > 0 && !names.ContainsKey(n)).Order(StringComparer.Ordinal)) names[name] = builder.Unique(name);
        foreach (NodeProto inner in branch.Node.Concat(copies)) body.Add(Renamed(inner, names, copies.Contains(inner)));
        return body;
    }

    private static NodeProto Renamed(NodeProto node, Dictionary<string, string> names, bool keepOutputs)
    {
        NodeProto copy = node.Clone();
        for (int i = 0; i < copy.Input.Count; i++) copy.Input[i] = names.GetValueOrDefault(copy.Input[i], copy.Input[i]);
        for (int i = 0; i < copy.Output.Count && !keepOutputs; i++) copy.Output[i] = names.GetValueOrDefault(copy.Output[i], copy.Output[i]);
        foreach (GraphProto nested in copy.Attribute.Where(a => a.G is not null).Select(a => a.G)) RenameReads(nested, names);
        return copy;
    }

    /// <summary>Renames what a nested graph reads from outside; a name of its own hides the outer one.</summary>
    private static void RenameReads(GraphProto graph, Dictionary<string, string> names)
    {
        HashSet<string> own = [.. graph.Node.SelectMany(n => n.Output), .. graph.Initializer.Select(t => t.Name), .. graph.Input.Select(v => v.Name)];
        Dictionary<string, string> outer = names.Where(n => !own.Contains(n.Key)).ToDictionary(n => n.Key, n => n.Value);
        for (int i = 0; i < graph.Node.Count; i++) graph.Node[i] = Renamed(graph.Node[i], outer, true);
        foreach (ValueInfoProto output in graph.Output) output.Name = outer.GetValueOrDefault(output.Name, output.Name);
    }
}
