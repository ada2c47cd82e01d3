using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>Puts float32 weights, which can be trained, in the place of integer codes that a node dequantizes.</summary>
internal static class DequantizedWeights
{
    /// <summary>Rewrites every node that reads a constant as integer codes; gives, for each float weight made, the first output of the node that it was made for.</summary>
    internal static Dictionary<string, string> Apply(GraphProto graph, List<string> notes)
    {
        Dictionary<string, TensorProto> initializers = graph.Initializer.ToDictionary(t => t.Name);
        Dictionary<string, string> made = [];
        GraphBuilder names = new(graph);
        SortedSet<string> types = new(StringComparer.Ordinal);
        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            int at = QuantizedNodes.CodesInput(node);
            // A weight that its node hands on keeps that output's name; one inside a product takes one from its codes.
            string name = at < 0 ? "" : node.OpType == "DequantizeLinear" ? node.Out(0) : names.Unique(node.In(at) + ".dequantized");
            if (at < 0 || QuantizedNodes.Weight(node, name, initializers.GetValueOrDefault) is not { } weight)
            {
                graph.Node.Add(node);
                continue;
            }
            TensorProto codes = initializers[node.In(at)];
            ModelTensors.CopyTag(codes, weight);
            graph.Initializer.Add(weight);
            made[name] = node.Out(0);
            types.Add(ElementTypes.Name((DataType)codes.DataType));
            graph.Node.AddRange(QuantizedNodes.Rewritten(node, name));
        }
        if (made.Count == 0) return made;
        notes.Add($"{made.Count} weights are stored as codes of {string.Join(" and ", types)}: they are trained in float32, and those that change are written as float32");
        GraphCleaning.DropUnread(graph);
        return made;
    }
}
