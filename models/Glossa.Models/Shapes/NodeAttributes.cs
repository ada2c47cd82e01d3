using Glossa.Models.Onnx;

namespace Glossa.Models.Shapes;

/// <summary>Reads a node's attributes and optional inputs by name and place.</summary>
public static class NodeAttributes
{
    /// <summary>The attribute of this name, or null.</summary>
    public static AttributeProto? Find(this NodeProto node, string name)
    {
        ArgumentNullException.ThrowIfNull(node);
        foreach (AttributeProto attribute in node.Attribute)
        {
            if (attribute.Name == name) return attribute;
        }
        return null;
    }

    /// <summary>An integer attribute, or its default.</summary>
    public static long AttributeInt(this NodeProto node, string name, long fallback) => node.Find(name)?.I ?? fallback;

    /// <summary>A float attribute, or its default.</summary>
    public static float AttributeFloat(this NodeProto node, string name, float fallback) => node.Find(name)?.F ?? fallback;

    /// <summary>A string attribute, or its default.</summary>
    public static string AttributeText(this NodeProto node, string name, string fallback) => node.Find(name)?.S.ToStringUtf8() ?? fallback;

    /// <summary>An attribute of several integers, or null.</summary>
    public static long[]? AttributeInts(this NodeProto node, string name) => node.Find(name) is { } attribute ? [.. attribute.Ints] : null;

    /// <summary>Name of an input; empty where it is left out.</summary>
    public static string In(this NodeProto node, int index)
    {
        ArgumentNullException.ThrowIfNull(node);
        return index < node.Input.Count ? node.Input[index] : "";
    }

    /// <summary>Name of an output; empty where it is left out.</summary>
    public static string Out(this NodeProto node, int index)
    {
        ArgumentNullException.ThrowIfNull(node);
        return index < node.Output.Count ? node.Output[index] : "";
    }

    /// <summary>The node for a message: <c>node 'layers.0.MatMul' (MatMul)</c>.</summary>
    public static string Describe(this NodeProto node)
    {
        ArgumentNullException.ThrowIfNull(node);
        string type = node.Domain is "" or "ai.onnx" ? node.OpType : node.Domain + "." + node.OpType;
        return $"node '{(node.Name.Length > 0 ? node.Name : node.Out(0))}' ({type})";
    }
}
