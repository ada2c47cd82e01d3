using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;

namespace Glossa.Models.Optimization.Attention;

/// <summary>Masks and position biases in the one tensor that the runtime's operators add to the scores; made once for all layers that read the same.</summary>
internal sealed class AttentionBias(PatternGraph graph)
{
    private readonly Dictionary<string, Value> _made = [];

    /// <summary>The sum of an attention's biases, [batch or 1, heads or 1, sequence, total]; none where it has none.</summary>
    public Value Of(AttentionBlock block)
    {
        if (block.Biases.Count == 0) return Value.None;
        Dimension sequence = graph.Shapes.Shape(block.Query)![2], total = graph.Shapes.Shape(block.Key)![2];
        string key = $"{string.Join('+', block.Biases.Order(StringComparer.Ordinal))}|{sequence}|{total}";
        if (_made.TryGetValue(key, out Value known)) return known;
        // The one nearest to the product first: position biases before masks, as the graph added them.
        Value sum = new(block.Biases[^1]);
        for (int i = block.Biases.Count - 2; i >= 0; i--) sum = graph.Add("Add", [sum, new Value(block.Biases[i])], block.Biases[i] + ".summed");
        return _made[key] = Whole(sum, block, sequence, total);
    }

    private Value Whole(Value bias, AttentionBlock block, Dimension sequence, Dimension total)
    {
        IReadOnlyList<Dimension> shape = graph.Shapes.Shape(bias.Name)!;
        if (shape.Count == 4 && shape[2].Equals(sequence) && shape[3].Equals(total)) return bias;
        Value rows = Length(block.Query), columns = Length(block.Key);
        Value target = graph.Add("Concat", [graph.G.Ints(1, 1), rows, columns], bias.Name + ".shape", "", OnnxFactory.Attribute("axis", 0L));
        return graph.Add("Expand", [bias, target], bias.Name + ".whole");
    }

    /// <summary>Says what the length of a value is, int64[1].</summary>
    public void SetLength(string value, Value length) => _made[value] = length;

    /// <summary>The length of the sequence as int64[1].</summary>
    public Value Length(string value)
    {
        if (_made.TryGetValue(value, out Value known)) return known;
        Value shape = graph.Add("Shape", [new Value(value)], value + ".shape");
        return _made[value] = graph.Add("Slice", [shape, graph.G.Ints(2), graph.G.Ints(3), graph.G.Ints(0)], value + ".length");
    }
}
