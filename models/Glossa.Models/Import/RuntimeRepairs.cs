using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Import;

/// <summary>Rewrites what the standard or another runtime allows and ONNX Runtime refuses.</summary>
internal static class RuntimeRepairs
{
    /// <summary>Makes every repair that the graph needs, and a note of each kind.</summary>
    internal static void Apply(GraphProto graph, List<string> notes)
    {
        int expanded = ExpandRotaryCaches(graph);
        if (expanded > 0)
            notes.Add($"repaired: {expanded} RotaryEmbedding nodes have caches of batch 1, which ONNX Runtime refuses for other batch sizes; the caches are expanded to the batch");
    }

    /// <summary>
    /// RotaryEmbedding-23 without position ids takes caches [batch, sequence, half of the head]; torch's exporter hands it the batch of 1 that it computed for all rows.
    /// </summary>
    private static int ExpandRotaryCaches(GraphProto graph)
    {
        NodeProto[] rotary = [.. graph.Node.Where(n => n.OpType == "RotaryEmbedding" && n.Domain is "" or "ai.onnx" && n.In(3).Length == 0)];
        if (rotary.Length == 0) return 0;
        ShapeMap shapes = ShapeInference.Infer(graph);
        GraphBuilder builder = new(graph);
        Dictionary<(string Cache, string Batch), string> made = [];
        int repaired = 0;
        foreach (NodeProto node in rotary)
        {
            if (shapes.Shape(node.In(0)) is not [{ } batch, ..] || batch.Is(1)) continue;
            bool changed = false;
            for (int i = 1; i <= 2; i++)
            {
                if (shapes.Shape(node.In(i)) is not [{ } cached, _, _] || !cached.Is(1)) continue;
                if (!made.TryGetValue((node.In(i), batch.ToString()), out string? name)) made[(node.In(i), batch.ToString())] = name = Expand(builder, node, node.In(i));
                node.Input[i] = name;
                changed = true;
            }
            if (changed) repaired++;
        }
        if (repaired > 0) GraphCleaning.SortTopologically(graph);
        return repaired;
    }

    private static string Expand(GraphBuilder g, NodeProto node, string cache)
    {
        Value size = g.Op("Shape", [new Value(node.In(0))], cache + "/batch", "", OnnxFactory.Attribute("start", 0L), OnnxFactory.Attribute("end", 1L));
        Value target = g.Op("Concat", [size, g.Ints(1, 1)], cache + "/expanded_shape", "", OnnxFactory.Attribute("axis", 0L));
        return g.Op("Expand", [new Value(cache), target], cache + "/expanded").Name;
    }
}
