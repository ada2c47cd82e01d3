using Glossa.Models.Onnx;

namespace Glossa.Models.Import;

/// <summary>Every tensor that a model holds, in an order that is the same for a model and its copies.</summary>
internal static class ModelTensors
{
    private const string Tag = "glossa.source";

    /// <summary>All tensors: initializers and attributes of the main graph, of nested graphs, and of functions.</summary>
    internal static IEnumerable<(TensorProto Tensor, string Where)> All(ModelProto model)
    {
        foreach ((TensorProto, string) found in Of(model.Graph)) yield return found;
        foreach (FunctionProto function in model.Functions)
        {
            foreach (NodeProto node in function.Node)
            {
                foreach ((TensorProto, string) found in Of(node)) yield return found;
            }
        }
    }

    /// <summary>Writes each tensor's place in that order into the tensor, where copies keep it.</summary>
    internal static void AddTags(ModelProto model)
    {
        int place = 0;
        foreach ((TensorProto tensor, _) in All(model))
            tensor.MetadataProps.Add(new StringStringEntryProto { Key = Tag, Value = place++.ToString(System.Globalization.CultureInfo.InvariantCulture) });
    }

    /// <summary>The place that a tensor's tag names, or null.</summary>
    internal static int? Place(TensorProto tensor) =>
        tensor.MetadataProps.LastOrDefault(p => p.Key == Tag) is { } tag ? int.Parse(tag.Value, System.Globalization.CultureInfo.InvariantCulture) : null;

    /// <summary>Lets <paramref name="copy"/> stand for the same tensor of the file as <paramref name="original"/>.</summary>
    internal static void CopyTag(TensorProto original, TensorProto copy)
    {
        if (original.MetadataProps.LastOrDefault(p => p.Key == Tag) is { } tag) copy.MetadataProps.Add(tag.Clone());
    }

    /// <summary>Takes the tags out again.</summary>
    internal static void RemoveTags(ModelProto model)
    {
        foreach ((TensorProto tensor, _) in All(model))
        {
            for (int i = tensor.MetadataProps.Count - 1; i >= 0; i--)
            {
                if (tensor.MetadataProps[i].Key == Tag) tensor.MetadataProps.RemoveAt(i);
            }
        }
    }

    private static IEnumerable<(TensorProto Tensor, string Where)> Of(GraphProto graph)
    {
        foreach (TensorProto tensor in graph.Initializer) yield return (tensor, $"initializer '{tensor.Name}'");
        foreach (NodeProto node in graph.Node)
        {
            foreach ((TensorProto, string) found in Of(node)) yield return found;
        }
    }

    private static IEnumerable<(TensorProto Tensor, string Where)> Of(NodeProto node)
    {
        foreach (AttributeProto attribute in node.Attribute)
        {
            string where = $"attribute '{attribute.Name}' of {Shapes.NodeAttributes.Describe(node)}";
            if (attribute.T is not null) yield return (attribute.T, where);
            foreach (TensorProto tensor in attribute.Tensors) yield return (tensor, where);
            foreach (GraphProto graph in Graphs(attribute))
            {
                foreach ((TensorProto, string) found in Of(graph)) yield return found;
            }
        }
    }

    /// <summary>The graphs that an attribute holds.</summary>
    internal static IEnumerable<GraphProto> Graphs(AttributeProto attribute)
    {
        if (attribute.G is not null) yield return attribute.G;
        foreach (GraphProto graph in attribute.Graphs) yield return graph;
    }

    /// <summary>Every name that a graph's nodes and outputs read, those of nested graphs included.</summary>
    internal static HashSet<string> Reads(GraphProto graph)
    {
        HashSet<string> reads = [.. graph.Output.Select(o => o.Name)];
        foreach (NodeProto node in graph.Node)
        {
            reads.UnionWith(node.Input);
            foreach (GraphProto body in node.Attribute.SelectMany(Graphs)) reads.UnionWith(Reads(body));
        }
        return reads;
    }
}
