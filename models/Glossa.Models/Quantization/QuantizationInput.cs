using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>What quantizers do with a graph before and after they replace its layers.</summary>
internal static class QuantizationInput
{
    private const int OldestOpset = 11;

    /// <summary>A copy of a model in which every constant matrix is an initializer.</summary>
    /// <exception cref="InputException">The model is quantized already, its operator set is older than 11, or its weights lie in another file.</exception>
    public static ModelProto Prepare(ModelProto model)
    {
        NodeProto? quantized = model.Graph.Node.FirstOrDefault(n => n.OpType is "MatMulInteger" or "ConvInteger" or "QLinearMatMul"
            or "QLinearConv" or "DynamicQuantizeLinear" or "QuantizeLinear" or "DequantizeLinear" or "MatMulNBits" or "MatMulIntegerToFloat" or "DynamicQuantizeMatMul");
        if (quantized is not null)
            throw new InputException($"the model is quantized already: it has a {quantized.OpType}", quantized.Name.Length > 0 ? quantized.Name : null, "start from the float32 file");
        long opset = model.OpsetImport.FirstOrDefault(o => o.Domain.Length == 0 || o.Domain == "ai.onnx")?.Version ?? 0;
        if (opset < OldestOpset)
            throw new InputException($"operator set {opset} is too old for int8, which needs {OldestOpset} or later", fix: "export the model with a newer operator set");
        if (model.Graph.Initializer.FirstOrDefault(t => t.DataLocation == TensorProto.Types.DataLocation.External) is { } external)
            throw new InputException($"the data of '{external.Name}' lie outside the model file", fix: "save the model with its data inside");
        ModelProto copy = model.Clone();
        LiftConstants(copy.Graph);
        return copy;
    }

    // Some exporters write weights as Constant nodes; as initializers they are found in one place.
    private static void LiftConstants(GraphProto graph)
    {
        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            TensorProto? tensor = node.OpType == "Constant" && WeightUses.IsStandard(node)
                ? node.Attribute.FirstOrDefault(a => a.Name == "value")?.T : null;
            if (tensor is { Dims.Count: 2, DataType: (int)TensorProto.Types.DataType.Float })
            {
                tensor.Name = node.Output[0];
                graph.Initializer.Add(tensor);
            }
            else
            {
                graph.Node.Add(node);
            }
        }
    }

    /// <summary>Drops nodes, initializers and declarations that no output depends on.</summary>
    public static void RemoveUnused(GraphProto graph)
    {
        HashSet<string> used = [.. graph.Output.Select(o => o.Name), .. WeightUses.SubgraphReferences(graph)];
        List<NodeProto> kept = [];
        for (int i = graph.Node.Count - 1; i >= 0; i--)
        {
            NodeProto node = graph.Node[i];
            if (!node.Output.Any(used.Contains)) continue;
            kept.Add(node);
            used.UnionWith(node.Input);
        }
        kept.Reverse();
        graph.Node.Clear();
        graph.Node.Add(kept);
        Keep(graph.Initializer, t => used.Contains(t.Name));
        HashSet<string> made = [.. kept.SelectMany(n => n.Output)];
        Keep(graph.ValueInfo, v => made.Contains(v.Name));
    }

    private static void Keep<T>(IList<T> items, Func<T, bool> condition)
    {
        T[] kept = [.. items.Where(condition)];
        items.Clear();
        foreach (T item in kept) items.Add(item);
    }
}
