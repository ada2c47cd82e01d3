using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;

namespace Glossa.Models.Optimization.Attention;

/// <summary>Keys and values that several query heads share: exporters repeat them by Unsqueeze, Expand and Reshape.</summary>
internal static class HeadGroups
{
    /// <summary>The keys or values before they were repeated, [batch, groups, total, size]; null where they were not.</summary>
    public static string? Of(PatternGraph graph, string repeated)
    {
        if (graph.Made(repeated, "Reshape") is not { } join || graph.Made(join.Input[0], "Expand") is not { } expand || graph.Made(expand.Input[0], "Unsqueeze") is not { } insert) return null;
        if (graph.Shapes.Shape(insert.Input[0]) is not { Count: 4 } shape || graph.Shapes.Shape(insert.Output[0]) is not { Count: 5 } grouped || !grouped[2].Is(1)) return null;
        if (graph.Shapes.Integers(insert.In(1)) is not [2 or -3] || graph.Shapes.Shape(repeated) is not { Count: 4 } all) return null;
        bool whole = shape[1].IsConstant && all[1].IsConstant && shape[1].Value > 0 && all[1].Value % shape[1].Value == 0 && all[3].Equals(shape[3]) && all[0].Equals(shape[0]) && all[2].Equals(shape[2]);
        return whole ? insert.Input[0] : null;
    }

    /// <summary>Keys or values repeated for every query head, by shapes that are constants, where an exporter computed them.</summary>
    public static string Repeated(PatternGraph graph, string repeated)
    {
        if (Of(graph, repeated) is not { } source || graph.Shapes.Shape(source) is not { } shape || !shape[3].IsConstant) return repeated;
        long heads = graph.Shapes.Shape(repeated)![1].Value;
        Value grouped = graph.Add("Unsqueeze", [new Value(source), graph.G.Ints(2)], source + ".grouped");
        Value expanded = graph.Add("Expand", [grouped, graph.G.Ints(1, 1, heads / shape[1].Value, 1, 1)], source + ".expanded");
        return graph.Add("Reshape", [expanded, graph.G.Ints(0, heads, -1, shape[3].Value)], source + ".repeated").Name;
    }

    /// <summary>Lets what reads the shape of repeated keys or values compute it from those before, so that nothing is repeated for its shape alone.</summary>
    public static void MeasureFromSource(PatternGraph graph, string repeated)
    {
        NodeProto[] readers = [.. graph.Index.Consumers(repeated).Where(reader => reader.OpType == "Shape" && reader.Attribute.All(a => a.Name == "start" && a.I == 0))];
        if (readers.Length == 0 || Of(graph, repeated) is not { } source) return;
        long more = graph.Shapes.Shape(repeated)![1].Value - graph.Shapes.Shape(source)![1].Value;
        Value shape = graph.Add("Add", [graph.Add("Shape", [new Value(source)], source + ".group_shape"), graph.G.Ints(0, more, 0, 0)], repeated + ".shape");
        foreach (NodeProto reader in readers) graph.Replace(reader.Output[0], shape);
    }
}
