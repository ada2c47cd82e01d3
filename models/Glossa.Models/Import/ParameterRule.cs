using Glossa.Models.Gradients;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>
/// Decides which float initializers of a graph are trained. A parameter reaches an output on a path that carries gradients and plays a parameter's part on it.
/// A matrix does unless its numbers are those of a mask or a table of positions; a vector does where an operator takes weights, or where it meets an
/// activation as a bias, gain or token; a single number does as the weight of an operator or as the bias of a product of one column.
/// </summary>
internal sealed class ParameterRule
{
    private readonly GraphProto _graph;
    private readonly ShapeMap _shapes;
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly Dictionary<string, List<(NodeProto Node, int Input)>> _readers = [];
    private readonly HashSet<string> _initializers;
    private readonly HashSet<string> _named;
    private readonly HashSet<string> _byFormula;
    private readonly HashSet<string> _live = [];
    private readonly HashSet<string> _reaching;

    private ParameterRule(GraphProto graph, HashSet<string> named)
    {
        (_graph, _named) = (graph, named);
        _shapes = ShapeInference.Infer(graph);
        _initializers = [.. graph.Initializer.Select(t => t.Name)];
        foreach (NodeProto node in graph.Node)
        {
            foreach (string output in node.Output) _producers[output] = node;
            for (int i = 0; i < node.Input.Count; i++)
            {
                if (!_readers.TryGetValue(node.Input[i], out List<(NodeProto, int)>? list)) _readers[node.Input[i]] = list = [];
                list.Add((node, i));
            }
        }
        _byFormula = [.. graph.Initializer.Where(t => IsFloat(t) && ByFormula(t)).Select(t => t.Name)];
        HashSet<string> matrices = [.. graph.Initializer.Where(t => IsFloat(t) && IsMatrix(t) && !_byFormula.Contains(t.Name)).Select(t => t.Name)];
        FindLive(matrices);
        _reaching = FindReaching();
    }

    /// <summary>The trainable initializers, in the graph's order.</summary>
    /// <param name="graph">The graph, constants folded.</param>
    /// <param name="named">The initializers of the file; any other one was a constant of a node, or is a float weight in place of a quantized one.</param>
    /// <param name="options">What the user wants otherwise.</param>
    /// <param name="file">The file, for messages.</param>
    /// <exception cref="InputException">A pattern matches nothing that could be trained.</exception>
    internal static List<TensorProto> Choose(GraphProto graph, HashSet<string> named, ImportOptions options, string? file)
    {
        ParameterRule rule = new(graph, named);
        string[] names = [.. graph.Initializer.Where(IsFloat).Select(t => t.Name)];
        foreach (string pattern in options.Train.Concat(options.Freeze))
        {
            if (!names.Any(name => NamePattern.Matches(pattern, name)))
                throw new InputException($"no float initializer matches the pattern '{pattern}'", file, NearestName.Advice(pattern, names));
        }
        return [.. graph.Initializer.Where(t => IsFloat(t) && !Any(options.Freeze, t) && (Any(options.Train, t) || rule.IsParameter(t)))];

        static bool Any(IEnumerable<string> patterns, TensorProto tensor) => patterns.Any(pattern => NamePattern.Matches(pattern, tensor.Name));
    }

    private static bool IsFloat(TensorProto tensor) => tensor.DataType == (int)DataType.Float;

    private static bool IsMatrix(TensorProto tensor) => tensor.Dims.Count(d => d > 1) > 1;

    private bool IsParameter(TensorProto tensor)
    {
        if (tensor.Dims.Count == 0 || tensor.Dims.Contains(0) || !_reaching.Contains(tensor.Name)) return false;
        if (_byFormula.Contains(tensor.Name) || (IsPlaceholder(tensor) && TensorContents.IsConstantFilled(TensorData.FloatSpan(tensor)))) return false;
        return PlaysPart(tensor, IsMatrix(tensor));
    }

    /// <summary>
    /// True for a vector without a name of its own: where it is all ones or zeros, an exporter wrote it for a gain or bias that the model does not have.
    /// </summary>
    private bool IsPlaceholder(TensorProto tensor) => !IsMatrix(tensor) && tensor.Dims.Any(d => d > 1) && (!_named.Contains(tensor.Name) || IsAnonymous(tensor.Name));

    /// <summary>Names that torch's exporters number, val_12, onnx::Mul_12, /layer/Constant_output_0, and those of constants in Glossa's own files, const.ones_64.</summary>
    private static bool IsAnonymous(string name) => name.StartsWith("val_", StringComparison.Ordinal) || name.Contains("::", StringComparison.Ordinal) || name.StartsWith('/')
        || name.StartsWith("const.", StringComparison.Ordinal);

    /// <summary>A single number with the name that modules give their parameters.</summary>
    private bool IsNamedParameter(string name)
    {
        if (!_named.Contains(name) || IsAnonymous(name)) return false;
        string last = name[(name.LastIndexOf('.') + 1)..];
        return last.Length < name.Length && SingleNames.Any(part => last.Contains(part, StringComparison.Ordinal));
    }

    private static readonly string[] SingleNames = ["weight", "bias", "gamma", "beta", "alpha", "gate"];

    internal static bool ByFormula(TensorProto tensor)
    {
        ReadOnlySpan<float> values = TensorData.FloatSpan(tensor);
        return TensorContents.HasInfinity(values) || (IsMatrix(tensor) && TensorContents.IsMask(values)) || TensorContents.IsPositionTable(tensor, values);
    }

    /// <summary>Whether the tensor, or a value that is computed from it and constants alone, plays a parameter's part in some node.</summary>
    private bool PlaysPart(TensorProto tensor, bool matrix)
    {
        Stack<string> open = new([tensor.Name]);
        HashSet<string> visited = [];
        while (open.TryPop(out string? value))
        {
            if (!visited.Add(value) || !_readers.TryGetValue(value, out List<(NodeProto Node, int Input)>? readers)) continue;
            foreach ((NodeProto node, int input) in readers)
            {
                if (!Carries(node, input) || ParameterRoles.IsConstantSlot(node, input) || !node.Output.Any(_reaching.Contains)) continue;
                if (ParameterRoles.IsWeightSlot(node, input) && !IsBlockedProduct(node, input, matrix)) return true;
                if (node.Input.Where((_, i) => i != input && Carries(node, i)).Any(_live.Contains))
                {
                    if (Meets(node, input, tensor, matrix)) return true;
                    continue;
                }
                bool pure = node.Input.Where((name, i) => i != input && name.Length > 0 && Carries(node, i)).All(FromConstants);
                if (!matrix && !pure) continue;
                foreach (string output in node.Output) open.Push(output);
            }
        }
        return false;
    }

    /// <summary>A vector times something that is no activation (frequencies times positions) is no weight.</summary>
    private bool IsBlockedProduct(NodeProto node, int input, bool matrix) =>
        !matrix && ParameterRoles.IsFactor(node, input) && !node.Input.Where((_, i) => i != input).Any(_live.Contains);

    private bool Meets(NodeProto node, int input, TensorProto tensor, bool matrix)
    {
        bool single = tensor.Dims.All(d => d == 1);
        if (ParameterRoles.IsJoining(node)) return !single && !TensorContents.IsConstantFilled(TensorData.FloatSpan(tensor));
        if (matrix) return true;
        if (!ParameterRoles.IsElementwise(node)) return false;
        return !single || IsNamedParameter(tensor.Name) || (node.OpType == "Add" && node.Input.Where((_, i) => i != input).Any(IsSingleColumn));
    }

    /// <summary>True for a product with a weight of one column: what it is added to is a bias.</summary>
    private bool IsSingleColumn(string value)
    {
        if (_shapes.Shape(value) is not [.., { } last] || !last.Is(1)) return false;
        for (string name = value; _producers.TryGetValue(name, out NodeProto? node); name = node.In(0))
        {
            if (ParameterRoles.IsProduct(node)) return true;
            if (!ParameterRoles.IsMovement(node)) return false;
        }
        return false;
    }

    /// <summary>True for a value whose elements depend on no input of the graph; its shape may.</summary>
    private bool FromConstants(string value)
    {
        Stack<string> open = new([value]);
        HashSet<string> seen = [];
        while (open.TryPop(out string? name))
        {
            if (name.Length == 0 || !seen.Add(name) || _initializers.Contains(name)) continue;
            if (!_producers.TryGetValue(name, out NodeProto? node)) return false;
            int elements = node.OpType is "ConstantOfShape" or "Shape" or "Size" ? 0 : node.OpType is "Expand" or "Reshape" or "Tile" or "Slice" ? 1 : node.Input.Count;
            for (int i = 0; i < Math.Min(elements, node.Input.Count); i++) open.Push(node.Input[i]);
        }
        return true;
    }

    private bool Carries(NodeProto node, int input) =>
        _shapes.MayCarryGradient(node.In(input)) && (ReverseMode.Find(node)?.Carries(input) ?? true);

    /// <summary>Activations: what a matrix flows into. A sine or cosine of something else is a matter of positions.</summary>
    private void FindLive(HashSet<string> matrices)
    {
        foreach (NodeProto node in _graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                if (!_live.Contains(node.Input[i]) && !matrices.Contains(node.Input[i])) continue;
                if (!Carries(node, i) || ParameterRoles.IsConstantSlot(node, i)) continue;
                _live.UnionWith(node.Output.Where(o => o.Length > 0 && _shapes.MayCarryGradient(o)));
                break;
            }
        }
    }

    /// <summary>The values from which a gradient-carrying path leads to an output, positions left aside.</summary>
    private HashSet<string> FindReaching()
    {
        HashSet<string> reaching = [.. _graph.Output.Select(o => o.Name).Where(_shapes.MayCarryGradient)];
        foreach (NodeProto node in _graph.Node.Reverse())
        {
            if (!node.Output.Any(reaching.Contains)) continue;
            if (node.OpType is "Sin" or "Cos" && !_live.Contains(node.In(0))) continue;
            for (int i = 0; i < node.Input.Count; i++)
            {
                if (Carries(node, i)) reaching.Add(node.Input[i]);
            }
            foreach (string captured in node.Attribute.SelectMany(ModelTensors.Graphs).SelectMany(g => g.Node).SelectMany(n => n.Input)) reaching.Add(captured);
        }
        return reaching;
    }
}
