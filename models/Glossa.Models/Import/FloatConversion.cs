using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>Turns a graph of float16, bfloat16 or float64 weights into one of float32, which trains.</summary>
internal static class FloatConversion
{
    /// <summary>Converts weights, constants, casts and declared types of every element type that weights are stored in.</summary>
    internal static void Apply(GraphProto graph, List<string> notes)
    {
        // A double in shape arithmetic stays: float32 would not hold it. Only a type that tensors of weights have is converted.
        HashSet<DataType> stored = [.. graph.Initializer.Where(IsWeight).Select(t => (DataType)t.DataType)];
        foreach (NodeProto node in graph.Node.Where(n => n.OpType == "Constant"))
        {
            if (node.Find("value")?.T is { } tensor && IsWeight(tensor)) stored.Add((DataType)tensor.DataType);
        }
        stored.Remove(DataType.Float);
        if (stored.Count == 0) return;
        string[] inputs = [.. graph.Input.Where(i => i.Type?.TensorType is { } tensor && stored.Contains((DataType)tensor.ElemType)).Select(i => i.Name)];
        Convert(graph, stored);
        string types = string.Join(" and ", stored.Order().Select(ElementTypes.Name));
        notes.Add($"weights are stored as {types}: they are trained in float32 and written back as {types}");
        if (inputs.Length > 0) notes.Add($"in training, the inputs {string.Join(", ", inputs)} take float32");
    }

    private static bool IsWeight(TensorProto tensor) => ElementTypes.IsFloat((DataType)tensor.DataType) && tensor.Dims.Count > 0 && OnnxFactory.ElementCount(tensor) > 1;

    private static void Convert(GraphProto graph, HashSet<DataType> types)
    {
        for (int i = 0; i < graph.Initializer.Count; i++) graph.Initializer[i] = Converted(graph.Initializer[i], types);
        foreach (ValueInfoProto info in graph.Input.Concat(graph.Output).Concat(graph.ValueInfo))
        {
            if (info.Type?.TensorType is { } tensor && types.Contains((DataType)tensor.ElemType)) tensor.ElemType = (int)DataType.Float;
        }
        foreach (NodeProto node in graph.Node) Convert(node, types);
    }

    private static void Convert(NodeProto node, HashSet<DataType> types)
    {
        foreach (AttributeProto attribute in node.Attribute)
        {
            if (attribute.T is not null) attribute.T = Converted(attribute.T, types);
            bool namesType = attribute.Name is "to" or "dtype" or "output_dtype" or "softmax_precision" or "stash_type";
            if (namesType && attribute.Type == AttributeProto.Types.AttributeType.Int && types.Contains((DataType)attribute.I)) attribute.I = (long)DataType.Float;
            foreach (GraphProto graph in ModelTensors.Graphs(attribute)) Convert(graph, types);
        }
    }

    private static TensorProto Converted(TensorProto tensor, HashSet<DataType> types)
    {
        if (!types.Contains((DataType)tensor.DataType)) return tensor;
        TensorProto copy = OnnxFactory.Tensor(tensor.Name, [.. tensor.Dims], TensorData.Floats(tensor));
        ModelTensors.CopyTag(tensor, copy);
        return copy;
    }
}
