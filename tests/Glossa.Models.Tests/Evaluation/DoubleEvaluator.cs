using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Tests.Evaluation;

/// <summary>
/// Evaluates an ONNX graph in double precision, operator by operator as the specification reads: slow, plain, and the yardstick of
/// the gradients, because finite differences in float32 prove little. A test holds it to ONNX Runtime.
/// </summary>
public sealed class DoubleEvaluator(GraphProto graph)
{
    private static readonly Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> Operators = Collect();

    private readonly Dictionary<string, DoubleTensor> _initializers = graph.Initializer.ToDictionary(t => t.Name, DoubleTensor.FromProto);

    /// <summary>The operators that can be evaluated, with the domain in front where it is not ai.onnx.</summary>
    public static IReadOnlyCollection<string> Supported => Operators.Keys;

    /// <summary>Computes the wanted values; a feed goes before an initializer of its name.</summary>
    public IReadOnlyDictionary<string, DoubleTensor> Run(IReadOnlyDictionary<string, DoubleTensor> feeds, params IReadOnlyCollection<string> wanted)
    {
        Dictionary<string, DoubleTensor> values = new(_initializers);
        foreach ((string name, DoubleTensor value) in feeds) values[name] = value;
        foreach (NodeProto node in Needed(wanted))
        {
            EvaluatedNode evaluated = new(node, [.. node.Input.Select(name => name.Length == 0 ? null : Lookup(values, node, name))], graph, values);
            DoubleTensor[] results = Evaluate(evaluated);
            for (int i = 0; i < node.Output.Count && i < results.Length; i++)
            {
                if (node.Output[i].Length > 0 && !feeds.ContainsKey(node.Output[i])) values[node.Output[i]] = results[i];
            }
        }
        return wanted.ToDictionary(name => name, name => values[name]);
    }

    private static DoubleTensor[] Evaluate(EvaluatedNode node)
    {
        string key = node.Proto.Domain is "" or "ai.onnx" ? node.Proto.OpType : node.Proto.Domain + "." + node.Proto.OpType;
        if (!Operators.TryGetValue(key, out Func<EvaluatedNode, DoubleTensor[]>? evaluate)) throw new NotSupportedException($"no evaluation of {key}");
        try
        {
            return evaluate(node);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or InvalidOperationException or NullReferenceException)
        {
            string shapes = string.Join(" ", node.Inputs.Select(t => t is null ? "-" : $"[{string.Join(",", t.Shape)}]"));
            throw new InvalidOperationException($"{node.Proto.Describe()} over {shapes}: {e.Message}", e);
        }
    }

    private List<NodeProto> Needed(IReadOnlyCollection<string> wanted)
    {
        HashSet<string> needed = [.. wanted];
        List<NodeProto> nodes = [];
        for (int i = graph.Node.Count - 1; i >= 0; i--)
        {
            NodeProto node = graph.Node[i];
            if (!node.Output.Any(needed.Contains)) continue;
            needed.UnionWith(node.Input);
            foreach (GraphProto body in node.Attribute.Where(a => a.G is not null).Select(a => a.G)) needed.UnionWith(body.Node.SelectMany(n => n.Input).Concat(body.Output.Select(o => o.Name)));
            nodes.Add(node);
        }
        nodes.Reverse();
        return nodes;
    }

    private static DoubleTensor Lookup(Dictionary<string, DoubleTensor> values, NodeProto node, string name) =>
        values.TryGetValue(name, out DoubleTensor? value) ? value : throw new InvalidOperationException($"{node.Describe()} reads '{name}', which nothing computes");

    private static Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> Collect()
    {
        Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators = [];
        ElementwiseOperators.AddTo(operators);
        MovementOperators.AddTo(operators);
        IndexOperators.AddTo(operators);
        ReductionOperators.AddTo(operators);
        MatrixOperators.AddTo(operators);
        NormalizationOperators.AddTo(operators);
        AttentionOperators.AddTo(operators);
        ResamplingOperators.AddTo(operators);
        FusedAttentionOperators.AddTo(operators);
        FusedOperators.AddTo(operators);
        return operators;
    }
}

/// <summary>A node with the values of its inputs.</summary>
public sealed record EvaluatedNode(NodeProto Proto, DoubleTensor?[] Inputs, GraphProto Graph, IReadOnlyDictionary<string, DoubleTensor> Scope)
{
    public DoubleTensor this[int input] => Inputs[input] ?? throw new InvalidOperationException($"input {input} is missing");

    public DoubleTensor? Optional(int input) => input < Inputs.Length ? Inputs[input] : null;

    public long Whole(string name, long fallback) => Proto.AttributeInt(name, fallback);

    public int Axis(long fallback, int? rank = null, string name = "axis")
    {
        int r = rank ?? this[0].Rank;
        long axis = Proto.AttributeInt(name, fallback);
        return (int)(axis < 0 ? axis + r : axis);
    }

    /// <summary>Axes given as an input or, in older operator sets, as an attribute; counted from the front, null where there are none.</summary>
    public int[]? Axes(int input, int rank)
    {
        long[]? axes = Optional(input)?.Longs ?? Proto.AttributeInts("axes");
        return axes is null ? null : Array.ConvertAll(axes, a => (int)(a < 0 ? a + rank : a));
    }
}
