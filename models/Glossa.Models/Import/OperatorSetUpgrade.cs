using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Import;

/// <summary>
/// Writes graphs of operator sets 9 to 12 with the operators of set 13: attributes that became inputs, the softmax family, whose axis once
/// split the shape in two, and two operators that changed their name or lost their use. What else changed until then are wider types.
/// </summary>
public static class OperatorSetUpgrade
{
    /// <summary>The set that an older graph is brought to.</summary>
    public const long Target = 13;

    /// <summary>An attribute that became an input at some version.</summary>
    private sealed record Moved(string Operator, long Since, string Attribute, int Input);

    private static readonly Moved[] MovedAttributes =
    [
        new("Slice", 10, "starts", 1), new("Slice", 10, "ends", 2), new("Slice", 10, "axes", 3),
        new("TopK", 10, "k", 1),
        new("Clip", 11, "min", 1), new("Clip", 11, "max", 2),
        new("Pad", 11, "pads", 1), new("Pad", 11, "value", 2),
        new("Squeeze", 13, "axes", 1), new("Unsqueeze", 13, "axes", 1), new("ReduceSum", 13, "axes", 1), new("Split", 13, "split", 1),
    ];

    /// <summary>Upgrades a model in place; one of set 13 or later stays as it is.</summary>
    /// <returns>Whether anything was to be done.</returns>
    /// <exception cref="InputException">It has an operator that changed in a way that is not covered.</exception>
    public static bool Apply(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        long version = OperatorSets.Version(model.OpsetImport) ?? Target;
        if (version >= Target) return false;
        GraphBuilder g = new(model.Graph);
        Rewrite(model.Graph, node => Node(g, node, version));
        ShapeMap shapes = ShapeInference.Infer(model.Graph);
        Rewrite(model.Graph, node => Softmax(g, node, shapes.Rank(node.In(0))));
        foreach (OperatorSetIdProto import in model.OpsetImport.Where(import => OperatorSets.Normal(import.Domain).Length == 0)) import.Version = Target;
        return true;
    }

    /// <summary>Replaces each node by what <paramref name="rewrite"/> gives, in branches too.</summary>
    private static void Rewrite(GraphProto graph, Func<NodeProto, IEnumerable<NodeProto>> rewrite)
    {
        List<NodeProto> nodes = [];
        foreach (NodeProto node in graph.Node)
        {
            foreach (AttributeProto attribute in node.Attribute)
            {
                if (attribute.G is not null) Rewrite(attribute.G, rewrite);
                foreach (GraphProto branch in attribute.Graphs) Rewrite(branch, rewrite);
            }
            if (OperatorSets.Normal(node.Domain).Length > 0) nodes.Add(node);
            else nodes.AddRange(rewrite(node));
        }
        graph.Node.Clear();
        graph.Node.AddRange(nodes);
    }

    private static IEnumerable<NodeProto> Node(GraphBuilder g, NodeProto node, long version)
    {
        foreach (Moved moved in MovedAttributes.Where(m => m.Operator == node.OpType && version < m.Since)) Move(g, node, moved);
        switch (node.OpType)
        {
            case "Scatter":
                node.OpType = "ScatterElements";
                break;
            case "Dropout" when version < 12:
                if (node.Out(1).Length > 0) throw Changed(node, "its mask");
                node.OpType = "Identity";
                node.Attribute.Clear();
                if (node.Output.Count > 1) node.Output.RemoveAt(1);
                break;
            case "Upsample":
            case "Resize" when version < 11:
                throw Changed(node, "its scales");
        }
        return [node];
    }

    private static void Move(GraphBuilder g, NodeProto node, Moved moved)
    {
        AttributeProto? attribute = node.Find(moved.Attribute);
        if (attribute is null) return;
        node.Attribute.Remove(attribute);
        // Infinite bounds are the defaults of the old Clip: an input that is left out says the same.
        if (moved.Operator == "Clip" && Math.Abs(attribute.F) >= float.MaxValue) return;
        while (node.Input.Count <= moved.Input) node.Input.Add("");
        node.Input[moved.Input] = attribute.Type == AttributeProto.Types.AttributeType.Float ? g.Constant(attribute.F).Name
            : attribute.Type == AttributeProto.Types.AttributeType.Int ? g.Ints(attribute.I).Name
            : g.Ints([.. attribute.Ints]).Name;
    }

    /// <summary>The old softmax is that over all axes from <c>axis</c> (1 where it is not given) on, as if they were one.</summary>
    private static IEnumerable<NodeProto> Softmax(GraphBuilder g, NodeProto node, int rank)
    {
        if (node.OpType is not ("Softmax" or "LogSoftmax" or "Hardmax")) return [node];
        long axis = node.AttributeInt("axis", 1);
        if (node.Find("axis") is { } old) node.Attribute.Remove(old);
        node.Attribute.Add(OnnxFactory.Attribute("axis", -1L));
        if (axis == -1 || (rank > 0 && axis == rank - 1)) return [node];
        string flat = g.Unique(node.Output[0] + ".rows"), result = g.Unique(node.Output[0] + ".by_row"), shape = g.Unique(node.Output[0] + ".shape");
        NodeProto flatten = new() { OpType = "Flatten", Name = flat, Input = { node.Input[0] }, Output = { flat }, Attribute = { OnnxFactory.Attribute("axis", axis) } };
        NodeProto measure = new() { OpType = "Shape", Name = shape, Input = { node.Input[0] }, Output = { shape } };
        NodeProto reshape = new() { OpType = "Reshape", Name = node.Output[0] + ".whole", Input = { result, shape }, Output = { node.Output[0] } };
        node.Input[0] = flat;
        node.Output[0] = result;
        return [flatten, node, measure, reshape];
    }

    private static InputException Changed(NodeProto node, string what) =>
        new($"{node.Describe()} of an operator set before {Target} is not read for {what}", fix: "export the model with opset_version=17, or convert it with ONNX's version converter");
}
