using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Import;

/// <summary>Whether a model is a sound ONNX model: every name defined once, every value made by something, every tensor whole.</summary>
internal sealed class GraphChecks
{
    private readonly string? _file;

    private GraphChecks(string? file) => _file = file;

    /// <summary>Checks a whole model, its functions and nested graphs.</summary>
    /// <exception cref="InputException">It is not sound.</exception>
    internal static void Check(ModelProto model, string? file)
    {
        GraphChecks checks = new(file);
        if (model.Graph is null || model.Graph.Output.Count == 0) throw checks.Damaged("the model holds no graph with outputs");
        foreach ((TensorProto tensor, string where) in ModelTensors.All(model)) TensorChecks.Check(tensor, where, file);
        checks.CheckGraph(model.Graph, [], isBody: false);
        HashSet<(string, string, string)> functions = [];
        foreach (FunctionProto function in model.Functions)
        {
            if (!functions.Add((function.Domain, function.Name, function.Overload))) throw checks.Damaged($"function '{function.Name}' is defined twice");
            checks.CheckFunction(function);
        }
    }

    private void CheckGraph(GraphProto graph, IReadOnlyCollection<string> outer, bool isBody)
    {
        if (graph.SparseInitializer.Count > 0)
            throw new InputException($"initializer '{graph.SparseInitializer[0].Values?.Name}' is sparse, which is not supported", _file, "export the model with dense weights");
        HashSet<string> own = [];
        HashSet<string> initializers = [];
        foreach (ValueInfoProto input in graph.Input) Define(own, input.Name, "graph input");
        foreach (TensorProto tensor in graph.Initializer)
        {
            if (tensor.Name.Length == 0) throw Damaged("an initializer has no name");
            if (!initializers.Add(tensor.Name)) throw Damaged($"initializer '{tensor.Name}' is defined twice");
            own.Add(tensor.Name);
        }
        CheckBody(graph.Node, own, outer);
        foreach (ValueInfoProto output in graph.Output)
        {
            if (own.Contains(output.Name) || (isBody && outer.Contains(output.Name))) continue;
            throw Damaged($"the graph output '{output.Name}' is made by no node");
        }
    }

    private void CheckFunction(FunctionProto function)
    {
        HashSet<string> own = [];
        foreach (string input in function.Input) Define(own, input, $"input of function '{function.Name}'");
        CheckBody(function.Node, own, []);
        if (function.Output.FirstOrDefault(output => !own.Contains(output)) is { } missing)
            throw Damaged($"the output '{missing}' of function '{function.Name}' is made by no node");
    }

    /// <summary>Checks the nodes of one scope, whose other values are <paramref name="own"/> and those of <paramref name="outer"/> scopes.</summary>
    private void CheckBody(IReadOnlyList<NodeProto> nodes, HashSet<string> own, IReadOnlyCollection<string> outer)
    {
        foreach (NodeProto node in nodes)
        {
            if (node.OpType.Length == 0) throw Damaged($"node '{node.Name}' has no operator");
            foreach (string output in node.Output.Where(o => o.Length > 0)) Define(own, output, $"output of {node.Describe()}");
        }
        HashSet<string>? visible = null;
        foreach (NodeProto node in nodes)
        {
            foreach (string input in node.Input)
            {
                if (input.Length > 0 && !own.Contains(input) && !outer.Contains(input))
                    throw Damaged($"{node.Describe()} reads '{input}', which nothing makes");
            }
            foreach (AttributeProto attribute in node.Attribute)
            {
                if (attribute.SparseTensor is not null || attribute.SparseTensors.Count > 0)
                    throw new InputException($"{node.Describe()} holds a sparse tensor, which is not supported", _file, "export the model with dense weights");
                foreach (GraphProto body in ModelTensors.Graphs(attribute)) CheckGraph(body, visible ??= [.. outer, .. own], isBody: true);
            }
        }
    }

    private void Define(HashSet<string> own, string name, string what)
    {
        if (name.Length == 0) throw Damaged($"a {what} has no name");
        if (!own.Add(name)) throw Damaged($"the value '{name}' ({what}) is defined twice");
    }

    private InputException Damaged(string what) => new(what, _file, "the file is damaged or its exporter made a mistake: export it again");
}
