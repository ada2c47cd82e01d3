using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Shapes;

/// <summary>
/// Element types and symbolic shapes of every value of a graph, found without running it, and the contents of the small integer
/// tensors of which exporters make shapes (Shape, Gather, Concat, Reshape arithmetic).
/// </summary>
public sealed partial class ShapeMap
{
    private readonly Dictionary<string, DataType> _types = [];
    private readonly Dictionary<string, Dimension[]> _shapes = [];
    private readonly Dictionary<string, Dimension[]> _contents = [];
    private readonly Dictionary<string, float> _scalars = [];
    private readonly Dictionary<string, bool> _flags = [];
    private readonly Dictionary<string, ValueInfoProto> _declared = [];
    private int _fresh;
    private readonly HashSet<NodeProto> _seen = new(ReferenceEqualityComparer.Instance);

    private ShapeMap()
    {
    }

    /// <summary>Infers over the model's main graph.</summary>
    public static ShapeMap Infer(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Infer(model.Graph);
    }

    /// <summary>Infers over a graph whose nodes stand in topological order.</summary>
    public static ShapeMap Infer(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ShapeMap map = new();
        map.Extend(graph);
        return map;
    }

    /// <summary>Takes in the inputs, initializers and nodes that were added to the graph since the last call.</summary>
    public void Extend(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        foreach (ValueInfoProto info in graph.ValueInfo.Concat(graph.Output)) _declared[info.Name] = info;
        foreach (TensorProto tensor in graph.Initializer)
        {
            if (!_shapes.ContainsKey(tensor.Name)) SetConstant(tensor.Name, tensor);
        }
        foreach (ValueInfoProto input in graph.Input)
        {
            if (!_shapes.ContainsKey(input.Name)) Declare(input);
        }
        foreach (NodeProto node in graph.Node)
        {
            if (!_seen.Add(node)) continue;
            InferNode(node);
            if (Rank(node.Out(0)) is < 0 or > 1) _contents.Remove(node.Out(0));
            foreach (string output in node.Output) MergeDeclared(output);
        }
    }

    /// <summary>The element type of a value, <see cref="DataType.Undefined"/> where it is not known.</summary>
    public DataType Type(string name) => _types.GetValueOrDefault(name, DataType.Undefined);

    /// <summary>True for float16, bfloat16, float32 and float64, and for a value whose type is not known.</summary>
    public bool MayCarryGradient(string name) =>
        Type(name) is DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16 or DataType.Undefined;

    /// <summary>The shape of a value, or null where not even its rank is known.</summary>
    public IReadOnlyList<Dimension>? Shape(string name) => _shapes.GetValueOrDefault(name);

    /// <summary>The rank of a value, -1 where it is not known.</summary>
    public int Rank(string name) => _shapes.TryGetValue(name, out Dimension[]? shape) ? shape.Length : -1;

    /// <summary>The shape where every dimension is known, otherwise null.</summary>
    public long[]? ConstantShape(string name) => Constants(_shapes.GetValueOrDefault(name));

    /// <summary>The elements of a small integer tensor as far as they are known symbolically, or null.</summary>
    public IReadOnlyList<Dimension>? Contents(string name) => _contents.GetValueOrDefault(name);

    /// <summary>The elements of a small integer tensor where all are known numbers, otherwise null.</summary>
    public long[]? Integers(string name) => Constants(_contents.GetValueOrDefault(name));

    /// <summary>The value of a constant float32 tensor of one element, or null.</summary>
    public float? Scalar(string name) => _scalars.TryGetValue(name, out float value) ? value : null;

    /// <summary>The value of a constant boolean, or null.</summary>
    public bool? Flag(string name) => _flags.TryGetValue(name, out bool value) ? value
        : _equal.TryGetValue(name, out bool?[]? compared) && compared.Length == 1 ? compared[0] : null;

    private static long[]? Constants(Dimension[]? dimensions) =>
        dimensions is not null && Array.TrueForAll(dimensions, d => d.IsConstant) ? Array.ConvertAll(dimensions, d => d.Value) : null;

    private Dimension Fresh() => Dimension.Named("?" + (_fresh++).ToString(System.Globalization.CultureInfo.InvariantCulture));

    private Dimension[] FreshShape(int rank) => [.. Enumerable.Range(0, rank).Select(_ => Fresh())];

    private static bool IsFresh(Dimension dimension) => dimension.Symbol is ['?', ..];

    private void Set(string name, DataType type, Dimension[]? shape)
    {
        if (name.Length == 0) return;
        if (type != DataType.Undefined) _types[name] = type;
        if (shape is not null) _shapes[name] = shape;
    }

    private void Declare(ValueInfoProto info)
    {
        if (info.Type?.TensorType is not { } tensor) return;
        _types[info.Name] = (DataType)tensor.ElemType;
        if (tensor.Shape is not null) _shapes[info.Name] = [.. tensor.Shape.Dim.Select(FromProto)];
    }

    private Dimension FromProto(TensorShapeProto.Types.Dimension dimension) => dimension.ValueCase switch
    {
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue => Dimension.Of(dimension.DimValue),
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam when dimension.DimParam.Length > 0 => Dimension.Named(dimension.DimParam),
        _ => Fresh(),
    };

    /// <summary>What a file declares fills the gaps of what was inferred; it never replaces a known number.</summary>
    private void MergeDeclared(string name)
    {
        if (name.Length == 0 || !_declared.TryGetValue(name, out ValueInfoProto? info) || info.Type?.TensorType is not { } tensor) return;
        if (Type(name) == DataType.Undefined) _types[name] = (DataType)tensor.ElemType;
        if (tensor.Shape is null) return;
        if (!_shapes.TryGetValue(name, out Dimension[]? inferred))
        {
            _shapes[name] = [.. tensor.Shape.Dim.Select(FromProto)];
            return;
        }
        if (inferred.Length != tensor.Shape.Dim.Count) return;
        for (int i = 0; i < inferred.Length; i++)
        {
            Dimension declared = FromProto(tensor.Shape.Dim[i]);
            if (!inferred[i].IsConstant && (declared.IsConstant || (IsFresh(inferred[i]) && !IsFresh(declared)))) inferred[i] = declared;
        }
    }

    private void SetConstant(string name, TensorProto tensor)
    {
        DataType type = (DataType)tensor.DataType;
        Set(name, type, [.. tensor.Dims.Select(Dimension.Of)]);
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External) return;
        long count = OnnxFactory.ElementCount(tensor);
        if (type is DataType.Int64 or DataType.Int32 && count <= MaxContents && tensor.Dims.Count <= 1)
            _contents[name] = Array.ConvertAll(OnnxFactory.Integers(tensor), Dimension.Of);
        else if (type == DataType.Float && count == 1)
            _scalars[name] = OnnxFactory.Floats(tensor)[0];
        else if (type == DataType.Bool && count == 1 && (tensor.RawData.Length == 1 || tensor.Int32Data.Count == 1))
            _flags[name] = tensor.RawData.Length == 1 ? tensor.RawData[0] != 0 : tensor.Int32Data[0] != 0;
    }
}
