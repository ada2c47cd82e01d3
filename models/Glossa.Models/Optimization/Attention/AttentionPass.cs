using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;

namespace Glossa.Models.Optimization.Attention;

/// <summary>Softmax attention, with any mask and position bias, as one operator.</summary>
internal sealed class AttentionPass
{
    private readonly PatternGraph _graph;
    private readonly AttentionBias _bias;
    private readonly CachedAttention _cached;
    private readonly AttentionOperator _operator;
    private readonly Dictionary<Value, Value> _unseeing = [];

    private AttentionPass(PatternGraph graph, AttentionOperator to)
    {
        (_graph, _operator) = (graph, to);
        _bias = new AttentionBias(graph);
        _cached = new CachedAttention(graph, _bias);
    }

    /// <summary>Rewrites the graph; gives the number of attentions.</summary>
    public static int Apply(OptimizationContext context)
    {
        AttentionOperator to = context.Options.Attention;
        if (to == AttentionOperator.Standard) OperatorSetRaise.Apply(context.Model);
        // Scales and transpositions around the products first: what is left there is what the operator takes.
        context.Rewrite(AttentionProducts.Apply);
        return context.Rewrite(graph =>
        {
            AttentionPass pass = new(graph, to);
            return graph.Nodes("Softmax").Count(pass.Rewrite);
        });
    }

    private bool Rewrite(NodeProto softmax)
    {
        if (AttentionMatch.Of(_graph, softmax) is not { } block) return false;
        HeadGroups.MeasureFromSource(_graph, block.Key);
        HeadGroups.MeasureFromSource(_graph, block.Value);
        Value result = _operator switch
        {
            AttentionOperator.Standard => Standard(block),
            AttentionOperator.GroupQuery when _cached.Write(block) is { } written => written,
            _ => MultiHead(block),
        };
        if (block.Guarded && _operator != AttentionOperator.Standard) result = Guard(result, block.Result);
        _graph.Replace(block.Result, block.IsJoined ? result : Split(result, block));
        return true;
    }

    private Value MultiHead(AttentionBlock block)
    {
        Value query = new(HeadLayout.Join(_graph, block.Query));
        // Keys and values come both as the layers gave them, or both with the heads in front, as a cache holds them.
        string? key = HeadLayout.Joined(_graph, block.Key), value = key is null ? null : HeadLayout.Joined(_graph, block.Value);
        if (value is null) (key, value) = (HeadGroups.Repeated(_graph, block.Key), HeadGroups.Repeated(_graph, block.Value));
        List<Value> inputs = [query, new(key!), new(value)];
        if (_bias.Of(block) is { Name.Length: > 0 } bias) inputs.AddRange([Value.None, Value.None, bias]);
        return _graph.Add("MultiHeadAttention", [.. inputs], block.Result + ".attention", FusedOperators.Domain,
            OnnxFactory.Attribute("num_heads", block.Heads), OnnxFactory.Attribute("scale", (float)block.Scale));
    }

    private Value Standard(AttentionBlock block)
    {
        List<Value> inputs = [new(block.Query), new(Ungrouped(block.Key)), new(Ungrouped(block.Value))];
        if (_bias.Of(block) is { Name.Length: > 0 } bias) inputs.Add(bias);
        Value heads = _graph.Add("Attention", [.. inputs], block.Result + ".heads", "", OnnxFactory.Attribute("scale", (float)block.Scale));
        // This operator spreads a row that sees no key over some: such rows are told by their mask.
        if (block.Guarded && inputs.Count > 3) heads = _graph.Add("Where", [Unseeing(inputs[3]), _graph.G.Constant(0f), heads], block.Result + ".guarded");
        Value turned = _graph.Add("Transpose", [heads], block.Result + ".turned", "", OnnxFactory.Attribute("perm", 0L, 2L, 1L, 3L));
        return _graph.Add("Reshape", [turned, _graph.G.Ints(0, 0, block.Heads * block.ValueSize)], block.Result + ".attention");
    }

    /// <summary>Keys or values before they were repeated for every query head of their group.</summary>
    private string Ungrouped(string value) => HeadGroups.Of(_graph, value) ?? value;

    private Value Guard(Value result, string name)
    {
        Value empty = _graph.Add("IsNaN", [result], name + ".empty");
        return _graph.Add("Where", [empty, _graph.G.Constant(0f), result], name + ".guarded");
    }

    private Value Unseeing(Value bias)
    {
        if (_unseeing.TryGetValue(bias, out Value known)) return known;
        Value largest = _graph.Add("ReduceMax", [bias, _graph.G.Ints(-1)], bias.Name + ".largest");
        return _unseeing[bias] = _graph.Add("Equal", [largest, _graph.G.Constant(float.NegativeInfinity)], bias.Name + ".unseeing");
    }

    private Value Split(Value joined, AttentionBlock block)
    {
        Value split = _graph.Add("Reshape", [joined, _graph.G.Ints(0, 0, block.Heads, block.ValueSize)], block.Result + ".split");
        return _graph.Add("Transpose", [split], block.Result + ".front", "", OnnxFactory.Attribute("perm", 0L, 2L, 1L, 3L));
    }
}
