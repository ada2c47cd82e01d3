using System.Globalization;
using Glossa.Models.Onnx;

namespace Glossa.Models.Building;

/// <summary>
/// Appends nodes and initializers to an ONNX graph and hands out unique value names. Names carry the current scope
/// (<c>layers.0.attention</c>), so that a graph reads like the model it describes.
/// </summary>
public sealed class GraphBuilder
{
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, Value> _constants = [];
    private readonly Stack<string> _scopes = new();

    /// <summary>Builds onto <paramref name="graph"/>, whose names stay reserved.</summary>
    public GraphBuilder(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Graph = graph;
        foreach (ValueInfoProto input in graph.Input) _names.Add(input.Name);
        foreach (TensorProto initializer in graph.Initializer) _names.Add(initializer.Name);
        foreach (NodeProto node in graph.Node) _names.UnionWith(node.Output);
        foreach (ValueInfoProto output in graph.Output) _names.Add(output.Name);
    }

    /// <summary>The graph being built.</summary>
    public GraphProto Graph { get; }

    /// <summary>Puts <paramref name="name"/> in front of the names made until the result is disposed.</summary>
    public IDisposable Scope(string name)
    {
        _scopes.Push(_scopes.Count == 0 ? name : _scopes.Peek() + "." + name);
        return new ScopeEnd(_scopes);
    }

    /// <summary>A name that no value of the graph has yet: <paramref name="hint"/> inside the scope, numbered where taken.</summary>
    public string Unique(string hint)
    {
        string name = _scopes.Count == 0 ? hint : _scopes.Peek() + "." + hint;
        if (_names.Add(name)) return name;
        for (int i = 1; ; i++)
        {
            string numbered = name + "_" + i.ToString(CultureInfo.InvariantCulture);
            if (_names.Add(numbered)) return numbered;
        }
    }

    /// <summary>Declares a graph input; a dimension is a number or the name of a dynamic axis.</summary>
    public Value Input(string name, TensorProto.Types.DataType type, params ReadOnlySpan<object> shape)
    {
        Reserve(name);
        Graph.Input.Add(OnnxFactory.ValueInfo(name, type, shape));
        return new Value(name);
    }

    /// <summary>Declares a value as a graph output under its own name.</summary>
    public void Output(Value value, TensorProto.Types.DataType type, params ReadOnlySpan<object> shape) =>
        Graph.Output.Add(OnnxFactory.ValueInfo(value.Name, type, shape));

    /// <summary>Adds an initializer under exactly this name.</summary>
    public Value Initializer(TensorProto tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        Reserve(tensor.Name);
        Graph.Initializer.Add(tensor);
        return new Value(tensor.Name);
    }

    /// <summary>A float32 scalar constant, shared between uses of the same value.</summary>
    public Value Constant(float value) => Shared(
        "f32:" + BitConverter.SingleToInt32Bits(value).ToString(CultureInfo.InvariantCulture),
        "const." + value.ToString("R", CultureInfo.InvariantCulture), name => OnnxFactory.Tensor(name, [], [value]));

    /// <summary>An int64 scalar constant, shared between uses of the same value.</summary>
    public Value Constant(long value) => Shared(
        "i64s:" + value.ToString(CultureInfo.InvariantCulture), "const.i" + value.ToString(CultureInfo.InvariantCulture),
        name => OnnxFactory.Tensor(name, [], [value]));

    /// <summary>A one-dimensional int64 constant (axes, shapes), shared between uses of the same values.</summary>
    public Value Ints(params long[] values) => Shared(
        "i64:" + string.Join(",", values), "ints." + string.Join("_", values).Replace('-', 'm'),
        name => OnnxFactory.Tensor(name, [values.Length], values));

    /// <summary>Appends a node of one output, whose name comes from <paramref name="name"/> or the operator.</summary>
    public Value Op(string type, ReadOnlySpan<Value> inputs, string? name = null, string domain = "", params ReadOnlySpan<AttributeProto> attributes) =>
        Ops(type, inputs, [name ?? type], domain, attributes)[0];

    /// <summary>Appends a node of several outputs; an empty name leaves an optional output out.</summary>
    public Value[] Ops(string type, ReadOnlySpan<Value> inputs, ReadOnlySpan<string> outputs, string domain = "", params ReadOnlySpan<AttributeProto> attributes)
    {
        NodeProto node = new() { OpType = type, Domain = domain };
        foreach (Value input in inputs) node.Input.Add(input.Name);
        Value[] values = new Value[outputs.Length];
        for (int i = 0; i < outputs.Length; i++)
        {
            values[i] = outputs[i].Length == 0 ? Value.None : new Value(Unique(outputs[i]));
            node.Output.Add(values[i].Name);
        }
        node.Name = values[0].Name;
        foreach (AttributeProto attribute in attributes) node.Attribute.Add(attribute);
        Graph.Node.Add(node);
        return values;
    }

    private Value Shared(string key, string hint, Func<string, TensorProto> make)
    {
        if (_constants.TryGetValue(key, out Value known)) return known;
        string name = hint;
        for (int i = 1; !_names.Add(name); i++) name = hint + "_" + i.ToString(CultureInfo.InvariantCulture);
        Graph.Initializer.Add(make(name));
        return _constants[key] = new Value(name);
    }

    private void Reserve(string name)
    {
        if (!_names.Add(name)) throw new ArgumentException($"the graph already has a value called '{name}'", nameof(name));
    }

    private sealed class ScopeEnd(Stack<string> scopes) : IDisposable
    {
        public void Dispose() => scopes.Pop();
    }
}
