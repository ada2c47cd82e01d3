using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Optimization.Attention;

/// <summary>Attention over a cache as GroupQueryAttention: the operator joins past and new keys itself, and heads of a group share them without copies.</summary>
internal sealed class CachedAttention(PatternGraph graph, AttentionBias bias)
{
    private readonly Dictionary<string, (Value Last, Value Total, Value Whole)> _lengths = [];

    /// <summary>Writes the operator; null where keys or values come from no cache.</summary>
    public Value? Write(AttentionBlock block)
    {
        if (block.HeadSize != block.ValueSize || block.HeadSize % 8 != 0) return null;
        string key = HeadGroups.Of(graph, block.Key) ?? block.Key, value = HeadGroups.Of(graph, block.Value) ?? block.Value;
        if (Cache(key) is not { } keys || Cache(value) is not { } values || graph.Shapes.Shape(key) is not { } shape || !shape[1].IsConstant) return null;
        (Value last, Value total, Value whole) = Lengths(keys);
        foreach (string lengthened in (string[])[key, value, block.Key, block.Value]) bias.SetLength(lengthened, whole);
        // Masks read how long the keys are: from the operator's own output they could not.
        MeasureFrom(keys);
        MeasureFrom(values);
        Value[] inputs =
        [
            new(HeadLayout.Join(graph, block.Query)), new(HeadLayout.Join(graph, keys.Input[1])), new(HeadLayout.Join(graph, values.Input[1])),
            new(keys.Input[0]), new(values.Input[0]), last, total, Value.None, Value.None, Value.None, bias.Of(block),
        ];
        if (inputs[^1].Name.Length == 0) inputs = inputs[..7];
        Value[] made = graph.AddAll("GroupQueryAttention", inputs, [block.Result + ".attention", key + ".present", value + ".present"], FusedOperators.Domain,
            OnnxFactory.Attribute("num_heads", block.Heads), OnnxFactory.Attribute("kv_num_heads", shape[1].Value), OnnxFactory.Attribute("scale", (float)block.Scale));
        graph.Replace(key, made[1]);
        graph.Replace(value, made[2]);
        return made[0];
    }

    /// <summary>The node that puts new keys or values behind those that the graph was given.</summary>
    private NodeProto? Cache(string value) =>
        graph.Made(value, "Concat") is { Input.Count: 2 } join && join.AttributeInt("axis", 0) is 2 or -2 && graph.Graph.Input.Any(input => input.Name == join.Input[0]) ? join : null;

    /// <summary>Lets what reads the shape of joined keys compute it from the past and the new ones.</summary>
    private void MeasureFrom(NodeProto cache)
    {
        NodeProto[] readers = [.. graph.Index.Consumers(cache.Output[0]).Where(reader => reader.OpType == "Shape")];
        if (readers.Length == 0) return;
        string name = cache.Output[0];
        Value length = graph.Add("Mul", [graph.Add("Shape", [new Value(cache.Input[1])], name + ".new"), graph.G.Ints(0, 0, 1, 0)], name + ".new_length");
        Value shape = graph.Add("Add", [graph.Add("Shape", [new Value(cache.Input[0])], name + ".past"), length], name + ".joined_shape");
        foreach (NodeProto reader in readers)
        {
            Value measured = shape;
            if (reader.Find("start") is not null || reader.Find("end") is not null)
            {
                Value start = graph.G.Ints(reader.AttributeInt("start", 0)), end = graph.G.Ints(reader.AttributeInt("end", 4));
                measured = graph.Add("Slice", [shape, start, end, graph.G.Ints(0)], reader.Output[0] + ".joined");
            }
            graph.Replace(reader.Output[0], measured);
        }
    }

    /// <summary>The last key's place in every row, int32[batch]; the number of keys, int32[] and int64[1].</summary>
    private (Value Last, Value Total, Value Whole) Lengths(NodeProto cache)
    {
        Dimension total = graph.Shapes.Shape(cache.Output[0])![2];
        if (_lengths.TryGetValue(total.ToString(), out (Value, Value, Value) known)) return known;
        string name = cache.Input[0];
        Value sum = graph.Add("Add", [bias.Length(name), bias.Length(cache.Input[1])], name + ".total");
        Value total32 = graph.Add("Cast", [sum], name + ".total32", "", OnnxFactory.Attribute("to", (long)DataType.Int32));
        Value scalar = graph.Add("Squeeze", [total32, graph.G.Ints(0)], name + ".keys");
        Value last = graph.Add("Cast", [graph.Add("Sub", [sum, graph.G.Ints(1)], name + ".last64")], name + ".last", "", OnnxFactory.Attribute("to", (long)DataType.Int32));
        Value rows = graph.Add("Slice", [graph.Add("Shape", [new Value(name)], name + ".sizes"), graph.G.Ints(0), graph.G.Ints(1), graph.G.Ints(0)], name + ".batch");
        return _lengths[total.ToString()] = (graph.Add("Expand", [last, rows], name + ".last_of_rows"), scalar, sum);
    }
}
