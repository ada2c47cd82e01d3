using Glossa.Models.Building;
using Glossa.Models.Gradients.Expansions;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>
/// Reverse-mode differentiation of an ONNX graph: the gradient is appended to the same graph as standard operators, which reuse
/// the values of the forward pass.
/// </summary>
public static class ReverseMode
{
    /// <summary>Appends to the builder's graph the nodes that compute d(sum of seeds)/d(target) for each target.</summary>
    /// <param name="builder">Builds onto the forward graph, whose nodes stand in topological order.</param>
    /// <param name="seeds">Value name to the gradient flowing into it, shaped as that value (for a scalar loss: a constant 1).</param>
    /// <param name="targets">Names of the values to differentiate by: initializers, inputs or inner values.</param>
    /// <param name="shapes">Types and shapes of the forward values.</param>
    /// <returns>
    /// Target name to its gradient, shaped exactly as the target. A target that the seeds do not reach, or that is no floating-point
    /// value, has no entry.
    /// </returns>
    /// <exception cref="InputException">An operator on the way has no rule, or its rule does not cover this use of it.</exception>
    public static IReadOnlyDictionary<string, Value> Differentiate(
        GraphBuilder builder, IReadOnlyDictionary<string, Value> seeds, IReadOnlyCollection<string> targets, ShapeMap shapes)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(seeds);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(shapes);
        BranchInlining.Apply(builder, shapes);
        CheckOrder([.. builder.Graph.Node]);
        HashSet<string> active = Reachable([.. builder.Graph.Node], targets, shapes);
        CompositeOperators.Apply(builder, shapes, node => node.Input.Any(active.Contains));
        NodeProto[] nodes = [.. builder.Graph.Node];
        active = Reachable(nodes, targets, shapes);
        Dictionary<string, List<Value>> contributions = [];
        foreach ((string name, Value gradient) in seeds.OrderBy(s => s.Key, StringComparer.Ordinal)) contributions[name] = [gradient];

        for (int i = nodes.Length - 1; i >= 0; i--)
        {
            NodeProto node = nodes[i];
            if (!node.Output.Any(o => active.Contains(o) && contributions.ContainsKey(o))) continue;
            if (Find(node) is { } rule) Apply(builder, node, rule, shapes, active, contributions);
            else throw WithoutRule(node);
        }

        Dictionary<string, Value> result = [];
        foreach (string target in targets)
        {
            if (active.Contains(target) && contributions.ContainsKey(target)) result[target] = Total(builder, target, contributions);
        }
        return result;
    }

    private static void Apply(
        GraphBuilder builder, NodeProto node, GradientRule rule, ShapeMap shapes, HashSet<string> active, Dictionary<string, List<Value>> contributions)
    {
        using IDisposable scope = builder.Scope("backward." + (node.Name.Length > 0 ? node.Name : node.Out(0)));
        GradientContext context = new(
            builder, node, shapes,
            name => active.Contains(name) && contributions.ContainsKey(name) ? Total(builder, name, contributions) : null,
            input => rule.Carries(input) && active.Contains(node.Input[input]),
            (input, gradient) =>
            {
                if (!contributions.TryGetValue(node.Input[input], out List<Value>? list)) contributions[node.Input[input]] = list = [];
                list.Add(gradient);
            });
        rule.Apply(context);
    }

    /// <summary>The rule for a node, or null.</summary>
    internal static GradientRule? Find(NodeProto node) =>
        GradientRules.Table.GetValueOrDefault(Key(node));

    /// <summary>The values that depend on a target through inputs that carry gradients.</summary>
    private static HashSet<string> Reachable(NodeProto[] nodes, IReadOnlyCollection<string> targets, ShapeMap shapes)
    {
        HashSet<string> active = [.. targets.Where(shapes.MayCarryGradient)];
        foreach (NodeProto node in nodes)
        {
            GradientRule? rule = Find(node);
            // What a branch or a loop reads from outside reaches its outputs as well.
            bool reached = GraphCleaning.Captured(node).Any(active.Contains);
            for (int i = 0; i < node.Input.Count && !reached; i++)
                reached = node.Input[i].Length > 0 && active.Contains(node.Input[i]) && (rule is null || rule.Carries(i));
            if (!reached) continue;
            foreach (string output in node.Output)
            {
                if (output.Length > 0 && (rule is { CarriesIntegers: true } || shapes.MayCarryGradient(output))) active.Add(output);
            }
        }
        return active;
    }

    /// <summary>The sum of what flowed into a value, added up once.</summary>
    private static Value Total(GraphBuilder builder, string name, Dictionary<string, List<Value>> contributions)
    {
        List<Value> parts = contributions[name];
        if (parts.Count > 1)
        {
            Value sum = parts[0];
            for (int i = 1; i < parts.Count; i++) sum = builder.Add(sum, parts[i]);
            parts.Clear();
            parts.Add(sum);
        }
        return parts[0];
    }

    private static void CheckOrder(NodeProto[] nodes)
    {
        HashSet<string> later = [.. nodes.SelectMany(n => n.Output).Where(o => o.Length > 0)];
        foreach (NodeProto node in nodes)
        {
            foreach (string input in node.Input)
            {
                if (later.Contains(input))
                    throw new InputException($"{node.Describe()} uses '{input}' before it is computed", fix: "sort the nodes topologically; a graph with a cycle cannot be differentiated");
            }
            foreach (string output in node.Output) later.Remove(output);
        }
    }

    private static InputException WithoutRule(NodeProto node) => new(
        $"operator {(node.Domain.Length > 0 ? node.Domain + "." : "")}{node.OpType} has no gradient rule (node '{(node.Name.Length > 0 ? node.Name : node.Out(0))}')",
        fix: RefusedOperators.Advice.GetValueOrDefault(Key(node))
            ?? "see `glossa ops` for the operators that have one, freeze the parameters in front of this node, or export the model with other operators");

    private static (string Domain, string OpType) Key(NodeProto node) => (node.Domain == "ai.onnx" ? "" : node.Domain, node.OpType);
}
