using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients.Expansions;

/// <summary>How a composite operator is written in plain ones, which have gradients of their own.</summary>
/// <param name="Apply">Appends the nodes and returns the node's outputs; null in place of an output that no one can have.</param>
/// <param name="Restrictions">What is not covered, for the operator list.</param>
public sealed record Expansion(Action<ExpansionContext> Apply, string Restrictions = "");

/// <summary>What an expansion sees of the node that it replaces.</summary>
public sealed class ExpansionContext : NodeContext
{
    internal ExpansionContext(GraphBuilder graph, NodeProto node, ShapeMap shapes) : base(graph, node, shapes)
    {
    }

    internal Dictionary<int, Value> Results { get; } = [];

    /// <summary>True where some node may read the output.</summary>
    public bool Needs(int output) => Node.Out(output).Length > 0;

    /// <summary>Hands in the value that takes an output's place.</summary>
    public void Return(int output, Value value) => Results[output] = value;

    /// <summary>An output that the expansion does not compute.</summary>
    /// <exception cref="InputException">The graph reads it.</exception>
    public void RefuseOutput(int output, string what)
    {
        if (Needs(output) && IsRead(Node.Out(output))) throw Unsupported(what, "leave this output out");
    }

    private bool IsRead(string name) => G.Graph.Output.Any(o => o.Name == name) || G.Graph.Node.Any(n => n.Input.Contains(name));
}

/// <summary>Collects the expansions of one family under their operators' names.</summary>
internal sealed class ExpansionCollector(Dictionary<(string Domain, string OpType), Expansion> table)
{
    internal void Add(string opType, Action<ExpansionContext> apply, string restrictions = "", string domain = "") =>
        table.Add((domain, opType), new Expansion(apply, restrictions));
}
