using System.Collections.Frozen;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients.Expansions;

/// <summary>Replaces composite operators on the way of a gradient by the plain operators that they stand for.</summary>
public static class CompositeOperators
{
    /// <summary>Expansions by domain ("" for ai.onnx) and operator.</summary>
    public static IReadOnlyDictionary<(string Domain, string OpType), Expansion> Table { get; } = Build();

    private static FrozenDictionary<(string Domain, string OpType), Expansion> Build()
    {
        Dictionary<(string Domain, string OpType), Expansion> table = [];
        ExpansionCollector expansions = new(table);
        NormalizationExpansions.AddTo(expansions);
        PoolingExpansions.AddTo(expansions);
        FusedExpansions.AddTo(expansions);
        AttentionExpansions.AddTo(expansions);
        return table.ToFrozenDictionary();
    }

    /// <summary>Expands every composite node that <paramref name="reached"/> says a gradient may pass, and takes the new nodes into <paramref name="shapes"/>.</summary>
    /// <exception cref="InputException">An expansion does not cover this use of its operator.</exception>
    public static void Apply(GraphBuilder builder, ShapeMap shapes, Func<NodeProto, bool> reached)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(shapes);
        ArgumentNullException.ThrowIfNull(reached);
        Apply(builder, shapes, Table, reached);
    }

    /// <summary>The same with expansions of another table.</summary>
    /// <exception cref="InputException">An expansion does not cover this use of its operator.</exception>
    internal static void Apply(GraphBuilder builder, ShapeMap shapes, IReadOnlyDictionary<(string Domain, string OpType), Expansion> table, Func<NodeProto, bool> reached)
    {
        if (!builder.Graph.Node.Any(node => Find(table, node) is not null && reached(node))) return;
        List<NodeProto> nodes = [];
        foreach (NodeProto node in builder.Graph.Node.ToArray())
        {
            if (Find(table, node) is { } expansion && reached(node)) Expand(builder, shapes, table, expansion, node, nodes);
            else nodes.Add(node);
        }
        builder.Graph.Node.Clear();
        builder.Graph.Node.AddRange(nodes);
        shapes.Extend(builder.Graph);
    }

    private static Expansion? Find(IReadOnlyDictionary<(string Domain, string OpType), Expansion> table, NodeProto node) =>
        table.GetValueOrDefault((node.Domain == "ai.onnx" ? "" : node.Domain, node.OpType));

    private static void Expand(
        GraphBuilder builder, ShapeMap shapes, IReadOnlyDictionary<(string Domain, string OpType), Expansion> table, Expansion expansion, NodeProto node, List<NodeProto> into)
    {
        int before = builder.Graph.Node.Count;
        ExpansionContext context = new(builder, node, shapes);
        using (builder.Scope(node.Name.Length > 0 ? node.Name : node.Out(0))) expansion.Apply(context);
        NodeProto[] added = [.. builder.Graph.Node.Skip(before)];
        while (builder.Graph.Node.Count > before) builder.Graph.Node.RemoveAt(builder.Graph.Node.Count - 1);
        foreach (NodeProto part in Bind(context, added))
        {
            // What one composite operator is written in may be another.
            if (Find(table, part) is { } inner) Expand(builder, shapes, table, inner, part, into);
            else into.Add(part);
        }
    }

    /// <summary>Gives the results the names of the node's outputs; a result that the expansion did not compute itself is copied.</summary>
    private static List<NodeProto> Bind(ExpansionContext context, NodeProto[] added)
    {
        List<NodeProto> nodes = [.. added];
        HashSet<string> computed = [.. added.SelectMany(n => n.Output)];
        Dictionary<string, string> names = [];
        foreach ((int output, Value value) in context.Results.OrderBy(r => r.Key))
        {
            if (!context.Needs(output)) continue;
            string name = context.Node.Out(output);
            if (computed.Contains(value.Name) && names.TryAdd(value.Name, name)) continue;
            nodes.Add(new NodeProto { OpType = "Identity", Name = name, Input = { value.Name }, Output = { name } });
        }
        foreach (NodeProto node in nodes)
        {
            for (int i = 0; i < node.Input.Count; i++) node.Input[i] = names.GetValueOrDefault(node.Input[i], node.Input[i]);
            for (int i = 0; i < node.Output.Count; i++) node.Output[i] = names.GetValueOrDefault(node.Output[i], node.Output[i]);
        }
        return nodes;
    }
}
