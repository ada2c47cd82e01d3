using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Patterns;

/// <summary>
/// Rotary positions, x cos + [-x2, x1] sin with x = [x1, x2] along the last axis, as one operator whose gradient is the rotation back. Heads may stand before or
/// behind the sequence; cosine and sine may be computed or looked up, for all sequences alike or for each.
/// </summary>
internal sealed class Rotary
{
    private const int MaxDepth = 12;

    private readonly PatternGraph _graph;
    private readonly Dictionary<(string Value, int Sequence), Value> _caches = [];
    private readonly Dictionary<string, Value> _positions = [];

    private Rotary(PatternGraph graph) => _graph = graph;

    /// <summary>Rewrites the graph into RotaryEmbedding of the runtime's domain; gives the number of rotations.</summary>
    public static int Apply(PatternGraph graph)
    {
        Rotary rotary = new(graph);
        return graph.Nodes("Add").Count(rotary.Rewrite) + graph.Nodes("Concat").Count(rotary.RewriteHalves);
    }

    private bool Rewrite(NodeProto sum) => sum.Input.Count == 2 && (Rewrite(sum, 0, 1) || Rewrite(sum, 1, 0));

    private bool Rewrite(NodeProto sum, int straightAt, int turnedAt)
    {
        if (_graph.Made(sum.Input[straightAt], "Mul") is not { } straight || _graph.Made(sum.Input[turnedAt], "Mul") is not { } turned) return false;
        int half = _graph.Made(turned.Input[0], "Concat") is not null ? 0 : 1;
        if (_graph.Made(turned.Input[half], "Concat") is not { } concat || HalfTurned(concat) is not { } x || !_graph.IsFloat(x)) return false;
        if (PatternGraph.Other(straight, x) is not { } cos || turned.Input[1 - half] is not { Length: > 0 } sin) return false;
        if (_graph.Shapes.Shape(x) is not { Count: 4 } shape || Sequence(shape, cos) is not { } sequence || Sequence(shape, sin) != sequence) return false;
        if (!IsRepeated(cos, 0) || !IsRepeated(sin, 0) || DependsOnParameters(cos) || DependsOnParameters(sin)) return false;
        bool shared = IsShared(cos) && IsShared(sin);
        if (!shared && (IsShared(cos) || IsShared(sin))) return false;
        Write(sum.Output[0], x, shape, (cos, sin, sequence, shared));
        return true;
    }

    /// <summary>[x1 cos - x2 sin, x2 cos + x1 sin], with tables of one half.</summary>
    private bool RewriteHalves(NodeProto concat)
    {
        if (concat.Input.Count != 2 || _graph.Made(concat.Input[0], "Sub") is not { } first || _graph.Made(concat.Input[1], "Add") is not { } second) return false;
        if (_graph.Made(first.Input[0], "Mul") is not { } firstCos || _graph.Made(first.Input[1], "Mul") is not { } firstSin) return false;
        if (_graph.Index.Producer(firstCos.Input[0]) is not { OpType: "Split", Output.Count: 2 } split || firstCos.Input[0] != split.Output[0] || firstSin.Input[0] != split.Output[1]) return false;
        (string x, string cos, string sin) = (split.Input[0], firstCos.Input[1], firstSin.Input[1]);
        bool crossed = IsProduct(second.Input[0], split.Output[1], cos) && IsProduct(second.Input[1], split.Output[0], sin);
        if (!crossed || !_graph.IsFloat(x) || _graph.Shapes.Shape(x) is not { Count: 4 } shape || !shape[3].IsConstant || shape[3].Value % 2 != 0) return false;
        if (!IsLast(split.AttributeInt("axis", 0), 4) || !IsLast(concat.AttributeInt("axis", 0), 4)) return false;
        Dimension[] half = [shape[0], shape[1], shape[2], Dimension.Of(shape[3].Value / 2)];
        if (_graph.Shapes.Shape(split.Output[0])?[^1].Equals(half[3]) != true || Sequence(half, cos) is not { } sequence || Sequence(half, sin) != sequence) return false;
        if (DependsOnParameters(cos) || DependsOnParameters(sin) || IsShared(cos) != IsShared(sin)) return false;
        Write(concat.Output[0], x, shape, (cos, sin, sequence, IsShared(cos)));
        return true;
    }

    private bool IsProduct(string value, string left, string right) => _graph.Made(value, "Mul") is { } product && product.Input[0] == left && product.Input[1] == right;

    /// <summary>x where the node is [-x2, x1].</summary>
    private string? HalfTurned(NodeProto concat)
    {
        if (concat.Input.Count != 2 || _graph.Made(concat.Input[0], "Neg") is not { } negated) return null;
        if (_graph.Index.Producer(negated.Input[0]) is not { } second || _graph.Index.Producer(concat.Input[1]) is not { } first || first.Input[0] != second.Input[0]) return null;
        int rank = _graph.Shapes.Rank(concat.Output[0]);
        if (rank < 2 || !IsLast(concat.AttributeInt("axis", 0), rank)) return null;
        if (_graph.Shapes.Shape(first.Input[0])?[^1] is not { IsConstant: true } width || width.Value % 2 != 0) return null;
        if (_graph.Shapes.Shape(concat.Input[1])?[^1].Is(width.Value / 2) != true || _graph.Shapes.Shape(negated.Input[0])?[^1].Is(width.Value / 2) != true) return null;
        bool halves = first.OpType == "Split"
            ? ReferenceEquals(first, second) && IsLast(first.AttributeInt("axis", 0), rank) && first.Output[0] == concat.Input[1] && first.Output[1] == negated.Input[0]
            : StartsAt(first, 0, rank) && StartsAt(second, width.Value / 2, rank);
        return halves ? first.Input[0] : null;
    }

    private static bool IsLast(long axis, int rank) => axis == -1 || axis == rank - 1;

    private bool StartsAt(NodeProto slice, long start, int rank) =>
        slice.OpType == "Slice" && _graph.Shapes.Integers(slice.In(1)) is [var from] && from == start
        && _graph.Shapes.Integers(slice.In(3)) is [var axis] && IsLast(axis, rank)
        && (slice.In(4).Length == 0 || _graph.Shapes.Integers(slice.In(4)) is [1]);

    /// <summary>The axis of x that cosine or sine follow, 1 or 2, where they are the same for all heads and full in the last axis.</summary>
    private int? Sequence(IReadOnlyList<Dimension> x, string table)
    {
        if (_graph.Shapes.Shape(table) is not { Count: >= 2 and <= 4 } shape || !shape[^1].Equals(x[^1])) return null;
        if (Like(shape[^2], x[2]) && (shape.Count < 3 || shape[^3].Is(1)) && !shape[^2].Is(1)) return FitsBatch() ? 2 : null;
        return shape.Count >= 3 && shape[^2].Is(1) && Like(shape[^3], x[1]) && FitsBatch() ? 1 : null;

        bool FitsBatch() => shape.Count < 4 || shape[0].Is(1) || shape[0].Equals(x[0]);
        static bool Like(Dimension a, Dimension b) => a.Equals(b) || a.IsCutOf(b);
    }

    private bool IsShared(string table) => _graph.Shapes.Shape(table)!.Count < 4 || _graph.Shapes.Shape(table)![0].Is(1);

    /// <summary>True where both halves of the last axis are known to be the same.</summary>
    private bool IsRepeated(string value, int depth)
    {
        if (depth > MaxDepth) return false;
        if (_graph.Index.Initializer(value) is { } table) return HalvesEqual(table);
        if (_graph.Index.Producer(value) is not { } node) return false;
        int rank = _graph.Shapes.Rank(value);
        switch (node.OpType)
        {
            case "Concat":
                return node.Input.Count == 2 && node.Input[0] == node.Input[1] && IsLast(node.AttributeInt("axis", 0), rank);
            case "Constant":
                return node.Find("value")?.T is { } constant && HalvesEqual(constant);
            case "Mul" or "Div":
                return _graph.Scalar(node.Input[1]) is not null ? IsRepeated(node.Input[0], depth + 1) : node.OpType == "Mul" && _graph.Scalar(node.Input[0]) is not null && IsRepeated(node.Input[1], depth + 1);
            case "Cos" or "Sin" or "Cast" or "Identity":
                return IsRepeated(node.Input[0], depth + 1);
            case "Unsqueeze" or "Squeeze" or "Expand" or "Gather" or "Slice":
                // The last axis has to come through whole: it keeps its size, and what is gathered are rows.
                bool rows = node.OpType != "Gather" || (node.AttributeInt("axis", 0) == 0 && _graph.Shapes.Rank(node.Input[0]) > 1);
                return rows && rank > 1 && _graph.Shapes.Shape(node.Input[0]) is { Count: > 1 } from && from[^1].Equals(_graph.Shapes.Shape(value)![^1]) && !from[^1].Is(1) && IsRepeated(node.Input[0], depth + 1);
            default:
                return false;
        }
    }

    private static bool HalvesEqual(TensorProto tensor)
    {
        if (tensor.DataType != (int)TensorProto.Types.DataType.Float || tensor.Dims.Count == 0 || tensor.Dims[^1] % 2 != 0 || tensor.DataLocation == TensorProto.Types.DataLocation.External) return false;
        float[] data = OnnxFactory.Floats(tensor);
        int width = (int)tensor.Dims[^1];
        for (int row = 0; width > 0 && row < data.Length / width; row++)
        {
            ReadOnlySpan<float> values = data.AsSpan(row * width, width);
            if (!values[..(width / 2)].SequenceEqual(values[(width / 2)..])) return false;
        }
        return true;
    }

    private bool DependsOnParameters(string value)
    {
        HashSet<string> seen = [value];
        Stack<string> open = new([value]);
        while (open.TryPop(out string? next))
        {
            if (_graph.IsParameter(next)) return true;
            foreach (string input in _graph.Index.Producer(next)?.Input ?? [])
            {
                // What comes through whole numbers, as sizes do, carries no gradient.
                if (_graph.Shapes.MayCarryGradient(input) && seen.Add(input)) open.Push(input);
            }
        }
        return false;
    }

    private void Write(string result, string x, IReadOnlyList<Dimension> shape, (string Cos, string Sin, int Sequence, bool Shared) tables)
    {
        long width = shape[^1].Value;
        Value cos = Cache(tables.Cos, tables.Sequence, width), sin = Cache(tables.Sin, tables.Sequence, width);
        Value positions = tables.Shared ? _graph.G.Ints(0) : Positions(tables.Cos, tables.Sequence);
        Value operand = new(x);
        // With heads behind the sequence, the operator takes them side by side in one axis.
        if (tables.Sequence == 1) operand = _graph.Add("Reshape", [operand, _graph.G.Ints(0, 0, -1)], x + ".joined");
        Value turned = _graph.Add("RotaryEmbedding", [operand, positions, cos, sin], result + ".rotary", FusedOperators.Domain, OnnxFactory.Attribute("interleaved", 0L));
        if (tables.Sequence == 1) turned = _graph.Add("Reshape", [turned, _graph.G.Ints(0, 0, -1, width)], result + ".heads");
        _graph.Replace(result, turned);
    }

    /// <summary>One half of a table as rows, [batch * sequence, width / 2]; made once for all layers.</summary>
    private Value Cache(string table, int sequence, long width)
    {
        if (_caches.TryGetValue((table, sequence), out Value known)) return known;
        Value half = _graph.Shapes.Shape(table)![^1].Is(width / 2) ? new Value(table)
            : _graph.Add("Slice", [new Value(table), _graph.G.Ints(0), _graph.G.Ints(width / 2), _graph.G.Ints(-1)], table + ".half");
        return _caches[(table, sequence)] = _graph.Add("Reshape", [half, _graph.G.Ints(-1, width / 2)], table + ".rows");
    }

    /// <summary>The rows of each sequence's own positions, [batch, sequence].</summary>
    private Value Positions(string table, int sequence)
    {
        if (_positions.TryGetValue(table, out Value known)) return known;
        GraphBuilder g = _graph.G;
        Value shape = _graph.Add("Shape", [new Value(table)], table + ".shape");
        Value both = _graph.Add("Gather", [shape, g.Ints(0, sequence)], table + ".sizes");
        Value count = _graph.Add("ReduceProd", [both], table + ".count", "", OnnxFactory.Attribute("keepdims", 0L));
        Value numbers = _graph.Add("Range", [g.Constant(0L), count, g.Constant(1L)], table + ".numbers");
        return _positions[table] = _graph.Add("Reshape", [numbers, both], table + ".positions");
    }
}
