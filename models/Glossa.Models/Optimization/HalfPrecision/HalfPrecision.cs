using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Optimization.HalfPrecision;

/// <summary>A model in float16.</summary>
/// <param name="Model">The model; its inputs and outputs keep their types.</param>
/// <param name="KeptFloat">First outputs of the nodes that stay in float32 although float16 has their operator: their weights or values do not fit.</param>
public sealed record HalfResult(ModelProto Model, IReadOnlyList<string> KeptFloat);

/// <summary>
/// Turns a float32 model into one whose weights and activations are float16. What leads from the inputs to masks, positions and rotary tables stays float32, and so
/// do softmax, reductions, powers and everything whose weights float16 cannot hold; norms compute their statistics in float32 inside their operator. Casts
/// stand only where the two meet.
/// </summary>
public sealed class HalfPrecision
{
    /// <summary>The largest finite float16.</summary>
    public const float Largest = 65504;

    /// <summary>Where masks are cut, so that a score beside one stays finite; its weight is 0 all the same.</summary>
    private const float MaskFloor = -30000;

    // They read either type; no cast stands before them.
    private static readonly string[] TakesAny = ["Cast", "Shape", "Size", "IsNaN"];

    private readonly ModelProto _model;
    private readonly GraphProto _graph;
    private readonly ShapeMap _shapes;
    private readonly HalfRegion _region;
    private readonly GraphIndex _index;
    private readonly GraphBuilder _builder;
    private readonly Dictionary<string, string> _halves = [], _floats = [];
    private readonly List<NodeProto> _nodes = [];

    private HalfPrecision(ModelProto model, IReadOnlySet<string> keepFloat)
    {
        _model = model;
        _graph = model.Graph;
        _shapes = ShapeMap.Infer(_graph);
        _region = HalfRegion.Of(_graph, _shapes, keepFloat);
        _index = new GraphIndex(_graph.Clone());
        _builder = new GraphBuilder(_graph);
    }

    /// <summary>Converts a model, which is left as it is.</summary>
    /// <param name="model">A float32 model; best one that <see cref="GraphOptimizer"/> has rewritten.</param>
    /// <param name="keepFloat">First outputs of nodes to keep in float32, as those whose values were seen not to fit.</param>
    public static HalfResult Convert(ModelProto model, IReadOnlyCollection<string>? keepFloat = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        HalfPrecision conversion = new(model.Clone(), keepFloat?.ToHashSet() ?? []);
        conversion.Rewrite();
        return new HalfResult(conversion._model, conversion._region.KeptFloat);
    }

    /// <summary>
    /// A model that gives out the largest magnitude of every value that <see cref="Convert"/> would compute in float16, as the scalars <see cref="RangeName"/>.
    /// </summary>
    /// <param name="model">The float32 model, which is left as it is.</param>
    /// <param name="values">The values, first outputs of their nodes, in graph order.</param>
    public static ModelProto RangeModel(ModelProto model, out IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelProto copy = model.Clone();
        HalfRegion region = HalfRegion.Of(copy.Graph, ShapeMap.Infer(copy.Graph), new HashSet<string>());
        values = [.. copy.Graph.Node.Where(region.Contains).Select(node => node.Output[0])];
        copy.Graph.Output.Clear();
        GraphBuilder g = new(copy.Graph);
        for (int i = 0; i < values.Count; i++)
        {
            Value largest = g.Op("ReduceMax", [g.Op("Abs", [new Value(values[i])], RangeName(i) + ".magnitude")], RangeName(i), "", OnnxFactory.Attribute("keepdims", 0L));
            g.Output(largest, DataType.Float);
        }
        return copy;
    }

    /// <summary>Name of the i-th output of <see cref="RangeModel"/>.</summary>
    public static string RangeName(int i) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"largest.{i}");

    private void Rewrite()
    {
        NodeProto[] nodes = [.. _graph.Node];
        HashSet<string> outputs = [.. _graph.Output.Select(output => output.Name)];
        foreach (NodeProto node in nodes)
        {
            bool half = _region.Contains(node);
            for (int i = 0; i < node.Input.Count; i++)
            {
                if (node.Input[i].Length == 0 || _shapes.Type(node.Input[i]) != DataType.Float) continue;
                if (half) node.Input[i] = Half(node.Input[i], isMask: IsBias(node, i) && !IsGuarded(node));
                else if (!TakesAny.Contains(node.OpType)) node.Input[i] = Float(node.Input[i]);
                else if (_region.IsHalf(node.Input[i])) node.Input[i] = HalfName(node.Input[i]);
            }
            if (half)
            {
                for (int i = 0; i < node.Output.Count; i++)
                {
                    if (outputs.Contains(node.Output[i])) node.Output[i] = HalfName(node.Output[i]);
                }
            }
            _nodes.Add(node);
        }
        foreach (string output in outputs.Where(_region.IsHalf)) _nodes.Add(Cast(HalfName(output), output, DataType.Float));
        _graph.Node.Clear();
        _graph.Node.AddRange(_nodes);
        GraphCleaning.DropUnread(_graph);
        GraphCleaning.SortTopologically(_graph);
        _graph.ValueInfo.Clear();
    }

    /// <summary>The name under which a half value is made: an output's own name is that of its float32 form.</summary>
    private string HalfName(string value)
    {
        if (!_graph.Output.Any(output => output.Name == value)) return value;
        if (!_halves.TryGetValue(value, out string? name)) _halves[value] = name = _builder.Unique(value + ".half");
        return name;
    }

    private string Half(string value, bool isMask)
    {
        if (_region.IsHalf(value)) return HalfName(value);
        if (_halves.TryGetValue(value, out string? known)) return known;
        string name = _halves[value] = _builder.Unique(value + ".half");
        if (_region.Initializer(value) is { } tensor)
        {
            TensorProto copy = new() { Name = name, DataType = (int)DataType.Float16, Dims = { tensor.Dims } };
            TensorData.SetFloats(copy, TensorData.Floats(tensor));
            _graph.Initializer.Add(copy);
            return name;
        }
        string source = value;
        if (isMask)
        {
            source = _builder.Unique(value + ".cut");
            _nodes.Add(new NodeProto { OpType = "Max", Name = source + "/max", Input = { value, _builder.Constant(MaskFloor).Name }, Output = { source } });
        }
        _nodes.Add(Cast(source, name, DataType.Float16));
        return name;
    }

    private string Float(string value)
    {
        if (!_region.IsHalf(value)) return value;
        if (_graph.Output.Any(output => output.Name == value)) return value;
        if (_floats.TryGetValue(value, out string? known)) return known;
        string name = _floats[value] = _builder.Unique(value + ".float");
        _nodes.Add(Cast(value, name, DataType.Float));
        return name;
    }

    private static NodeProto Cast(string from, string to, DataType type) =>
        new() { OpType = "Cast", Name = to + "/cast", Input = { from }, Output = { to }, Attribute = { OnnxFactory.Attribute("to", (long)type) } };

    // Where a graph turns rows that see no key into zeros, it tells them by their NaN, which only an infinite mask gives.
    private bool IsGuarded(NodeProto node) => _index.Consumers(node.Output[0]).Any(reader => reader.OpType == "IsNaN");

    private static bool IsBias(NodeProto node, int input) => HalfRegion.BiasInput(node) == input;
}
