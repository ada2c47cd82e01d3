using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>
/// Computes what does not depend on the inputs: constant nodes, constant sub-graphs, shape arithmetic as far as sizes are fixed, and branches of constant
/// condition. What a float tensor of more than one element flows through stays: it may be a weight, and its gradient has to pass.
/// </summary>
internal static class ConstantFolding
{
    /// <summary>Folds until nothing changes. The nodes stand in topological order.</summary>
    internal static void Apply(GraphProto graph)
    {
        LiftConstants(graph);
        for (bool again = true; again;)
        {
            again = FoldNodes(graph);
            GraphProto bare = WithoutDeclarations(graph);
            ShapeMap shapes = ShapeInference.Infer(bare);
            again |= FoldShapes(graph, shapes);
            if (graph.Node.Any(n => n.OpType == "If" && shapes.Flag(n.In(0)) is not null))
            {
                again |= ShapeInference.Guarded(() => BranchInlining.Apply(new GraphBuilder(graph), shapes)) > 0;
                LiftConstants(graph);
            }
            GraphCleaning.DropUnread(graph);
        }
    }

    /// <summary>Turns the Constant nodes of the main graph into initializers of their outputs' names.</summary>
    private static void LiftConstants(GraphProto graph)
    {
        List<NodeProto> kept = [];
        foreach (NodeProto node in graph.Node)
        {
            if (node.OpType == "Constant" && OperatorSets.Normal(node.Domain).Length == 0 && Value(node) is { } tensor) graph.Initializer.Add(tensor);
            else kept.Add(node);
        }
        if (kept.Count == graph.Node.Count) return;
        graph.Node.Clear();
        graph.Node.AddRange(kept);
    }

    /// <summary>The tensor of a Constant node, in whichever of its attributes it stands; null where it has none.</summary>
    private static TensorProto? Value(NodeProto node)
    {
        if (node.Output.Count != 1 || node.Attribute.Count == 0) return null;
        AttributeProto attribute = node.Attribute[0];
        string name = node.Output[0];
        switch (attribute.Name)
        {
            case "value" when attribute.T is not null:
                TensorProto tensor = attribute.T.Clone();
                tensor.Name = name;
                return tensor;
            case "value_float":
                return OnnxFactory.Tensor(name, [], [attribute.F]);
            case "value_floats":
                return OnnxFactory.Tensor(name, [attribute.Floats.Count], attribute.Floats.ToArray());
            case "value_int":
                return OnnxFactory.Tensor(name, [], [attribute.I]);
            case "value_ints":
                return OnnxFactory.Tensor(name, [attribute.Ints.Count], attribute.Ints.ToArray());
            case "value_string":
                return new TensorProto { Name = name, DataType = (int)DataType.String, StringData = { attribute.S } };
            case "value_strings":
                return new TensorProto { Name = name, DataType = (int)DataType.String, Dims = { attribute.Strings.Count }, StringData = { attribute.Strings } };
            default:
                return null;
        }
    }

    private static bool FoldNodes(GraphProto graph)
    {
        Dictionary<string, TensorProto> initializers = graph.Initializer.ToDictionary(t => t.Name);
        Dictionary<string, ConstantTensor?> constants = [];
        HashSet<string> outputs = [.. graph.Output.Select(o => o.Name)];
        List<NodeProto> kept = [];
        foreach (NodeProto node in graph.Node)
        {
            ConstantTensor? result = node.Output.Any(outputs.Contains) || node.Input.Count == 0 || !node.Input.All(Known) ? null : Evaluate(node, Get);
            if (result is null || result.Count > ConstantOperators.MaxElements)
            {
                kept.Add(node);
                continue;
            }
            constants[node.Output[0]] = result;
            graph.Initializer.Add(initializers[node.Output[0]] = result.ToProto(node.Output[0]));
        }
        bool changed = kept.Count < graph.Node.Count;
        graph.Node.Clear();
        graph.Node.AddRange(kept);
        return changed;

        bool Known(string name) => name.Length == 0 || initializers.ContainsKey(name);

        ConstantTensor? Get(string name)
        {
            if (name.Length == 0) return null;
            if (constants.TryGetValue(name, out ConstantTensor? known)) return known;
            TensorProto tensor = initializers[name];
            bool foldable = OnnxFactory.ElementCount(tensor) <= ConstantOperators.MaxElements;
            return constants[name] = foldable ? ConstantTensor.From(tensor) : null;
        }
    }

    private static ConstantTensor? Evaluate(NodeProto node, Func<string, ConstantTensor?> get)
    {
        ConstantTensor?[] inputs = [.. node.Input.Select(get)];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is null && node.Input[i].Length > 0) return null;
            if (inputs[i] is { IsReal: true, Count: > 1 } && node.OpType is not ("Shape" or "Size")) return null;
        }
        return ConstantOperators.Evaluate(node, inputs);
    }

    /// <summary>Replaces nodes whose result the sizes of the graph determine.</summary>
    private static bool FoldShapes(GraphProto graph, ShapeMap shapes)
    {
        HashSet<string> outputs = [.. graph.Output.Select(o => o.Name)];
        List<NodeProto> kept = [];
        foreach (NodeProto node in graph.Node)
        {
            if (node.Output.Count != 1 || outputs.Contains(node.Output[0]) || Result(node.Output[0], shapes) is not { } tensor) kept.Add(node);
            else graph.Initializer.Add(tensor);
        }
        bool changed = kept.Count < graph.Node.Count;
        graph.Node.Clear();
        graph.Node.AddRange(kept);
        return changed;
    }

    private static TensorProto? Result(string name, ShapeMap shapes)
    {
        if (shapes.Integers(name) is not { } values || shapes.Type(name) is not (DataType.Int64 or DataType.Int32)) return null;
        int rank = shapes.Rank(name);
        if (rank is < 0 or > 1 || (rank == 0 && values.Length != 1)) return null;
        return ConstantTensor.OfWholes(shapes.Type(name), rank == 0 ? [] : [values.Length], values).ToProto(name);
    }

    /// <summary>The graph without what its file declares of inner values: an exporter may have written there the sizes of its example.</summary>
    private static GraphProto WithoutDeclarations(GraphProto graph)
    {
        GraphProto bare = new();
        bare.Input.AddRange(graph.Input);
        bare.Initializer.AddRange(graph.Initializer);
        bare.Node.AddRange(graph.Node);
        return bare;
    }
}
