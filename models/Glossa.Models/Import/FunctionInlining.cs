using System.Globalization;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Import;

/// <summary>Replaces each call of a model's local function by the function's nodes.</summary>
internal sealed class FunctionInlining
{
    private const int MaxDepth = 64;
    private const int MaxNodes = 500_000;

    private readonly ModelProto _model;
    private readonly HashSet<string> _names;
    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> _functions = [];
    private readonly long _version;
    private int _nodes;
    private int _renamed;

    private FunctionInlining(ModelProto model)
    {
        _model = model;
        _version = OperatorSets.Version(model.OpsetImport) ?? 0;
        foreach (FunctionProto function in model.Functions) _functions[(OperatorSets.Normal(function.Domain), function.Name, function.Overload)] = function;
        // Names of nested graphs too, so that none made here is hidden there.
        _names = [.. Names(model)];
    }

    /// <summary>Inlines every call, nested ones and those in branches too, and drops the functions.</summary>
    /// <exception cref="InputException">A function calls itself, or means other operators than the model does.</exception>
    internal static void Apply(ModelProto model)
    {
        if (model.Functions.Count == 0) return;
        new FunctionInlining(model).Expand(model.Graph, 0);
        model.Functions.Clear();
    }

    private void Expand(GraphProto graph, int depth)
    {
        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        foreach (NodeProto node in nodes) graph.Node.AddRange(Expanded(node, depth));
    }

    private List<NodeProto> Expanded(NodeProto node, int depth)
    {
        if (++_nodes > MaxNodes)
            throw new InputException($"the model's functions expand to more than {MaxNodes} nodes", fix: "export the model without local functions");
        foreach (GraphProto graph in node.Attribute.SelectMany(ModelTensors.Graphs)) Expand(graph, depth);
        if (!_functions.TryGetValue((OperatorSets.Normal(node.Domain), node.OpType, node.Overload), out FunctionProto? function)) return [node];
        if (depth >= MaxDepth)
            throw new InputException($"function '{function.Name}' calls itself, or functions are nested more than {MaxDepth} deep", fix: "export the model without local functions");
        Import(function);
        List<NodeProto> body = [];
        foreach (NodeProto inner in Instance(function, node)) body.AddRange(Expanded(inner, depth + 1));
        return body;
    }

    private void Import(FunctionProto function)
    {
        long version = OperatorSets.Version(function.OpsetImport) ?? _version;
        NodeProto? other = function.Node.FirstOrDefault(n => OperatorSets.Normal(n.Domain).Length == 0 && !OperatorSets.SameMeaning(n.OpType, version, _version));
        if (other is not null)
            throw new InputException($"function '{function.Name}' uses {other.OpType} of operator set {version}, the model imports {_version}, where it means something else", fix: "export the model with one operator set");
        foreach (OperatorSetIdProto import in function.OpsetImport)
        {
            if (_model.OpsetImport.All(known => OperatorSets.Normal(known.Domain) != OperatorSets.Normal(import.Domain))) _model.OpsetImport.Add(import.Clone());
        }
    }

    private List<NodeProto> Instance(FunctionProto function, NodeProto call)
    {
        string scope = call.Name.Length > 0 ? call.Name : call.OpType;
        Dictionary<string, string> names = [];
        for (int i = 0; i < function.Input.Count; i++) names[function.Input[i]] = call.In(i);
        List<NodeProto> body = [];
        List<NodeProto> copies = [];
        for (int i = 0; i < function.Output.Count; i++)
        {
            if (call.Out(i).Length == 0) continue;
            if (names.TryAdd(function.Output[i], call.Out(i))) continue;
            // An input handed on, or a value handed out twice.
            copies.Add(new NodeProto { OpType = "Identity", Name = call.Out(i), Input = { names[function.Output[i]] }, Output = { call.Out(i) } });
        }
        foreach (NodeProto inner in function.Node)
        {
            foreach (string output in inner.Output.Where(o => o.Length > 0)) names.TryAdd(output, Unique(scope + "/" + output));
        }
        foreach (NodeProto inner in function.Node)
        {
            NodeProto copy = Renamed(inner, names, function, call);
            copy.Name = scope + "/" + (inner.Name.Length > 0 ? inner.Name : inner.OpType);
            body.Add(copy);
        }
        return [.. body, .. copies];
    }

    private string Unique(string hint)
    {
        string name = hint;
        while (!_names.Add(name)) name = hint + "_" + (++_renamed).ToString(CultureInfo.InvariantCulture);
        return name;
    }

    private static NodeProto Renamed(NodeProto node, Dictionary<string, string> names, FunctionProto function, NodeProto call)
    {
        NodeProto copy = node.Clone();
        for (int i = 0; i < copy.Input.Count; i++) copy.Input[i] = names.GetValueOrDefault(copy.Input[i], copy.Input[i]);
        for (int i = 0; i < copy.Output.Count; i++) copy.Output[i] = names.GetValueOrDefault(copy.Output[i], copy.Output[i]);
        AttributeProto[] attributes = [.. copy.Attribute];
        copy.Attribute.Clear();
        foreach (AttributeProto attribute in attributes)
        {
            if (Resolved(attribute, function, call) is { } resolved) copy.Attribute.Add(resolved);
        }
        foreach (GraphProto graph in copy.Attribute.SelectMany(ModelTensors.Graphs)) RenameBody(graph, names, function, call);
        return copy;
    }

    private static void RenameBody(GraphProto graph, Dictionary<string, string> names, FunctionProto function, NodeProto call)
    {
        HashSet<string> own = [.. graph.Node.SelectMany(n => n.Output), .. graph.Initializer.Select(t => t.Name), .. graph.Input.Select(v => v.Name)];
        Dictionary<string, string> outer = names.Where(n => !own.Contains(n.Key)).ToDictionary(n => n.Key, n => n.Value);
        for (int i = 0; i < graph.Node.Count; i++) graph.Node[i] = Renamed(graph.Node[i], outer, function, call);
        foreach (ValueInfoProto output in graph.Output) output.Name = outer.GetValueOrDefault(output.Name, output.Name);
    }

    /// <summary>An attribute by reference takes the call's value, or the function's default; without either it is left out.</summary>
    private static AttributeProto? Resolved(AttributeProto attribute, FunctionProto function, NodeProto call)
    {
        if (attribute.RefAttrName.Length == 0) return attribute;
        AttributeProto? value = call.Find(attribute.RefAttrName) ?? function.AttributeProto.FirstOrDefault(a => a.Name == attribute.RefAttrName);
        if (value is null) return null;
        AttributeProto copy = value.Clone();
        copy.Name = attribute.Name;
        return copy;
    }

    private static IEnumerable<string> Names(ModelProto model) => Names(model.Graph).Concat(model.Functions.SelectMany(f => f.Input.Concat(f.Node.SelectMany(Names))));

    private static IEnumerable<string> Names(GraphProto graph) =>
        graph.Input.Select(v => v.Name).Concat(graph.Output.Select(v => v.Name)).Concat(graph.Initializer.Select(t => t.Name)).Concat(graph.Node.SelectMany(Names));

    private static IEnumerable<string> Names(NodeProto node) =>
        node.Output.Concat(node.Attribute.SelectMany(ModelTensors.Graphs).SelectMany(Names)).Where(name => name.Length > 0);
}
