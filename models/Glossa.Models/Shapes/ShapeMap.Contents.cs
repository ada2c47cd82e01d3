using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Shapes;

// Folding of small integer tensors: the arithmetic with which exporters compute shapes.
public sealed partial class ShapeMap
{
    private const int MaxContents = 64;

    private void InferContents(NodeProto node)
    {
        Dimension[]? contents = node.OpType switch
        {
            "Shape" => ShapeContents(node),
            "Size" => _shapes.TryGetValue(node.In(0), out Dimension[]? sized) ? [sized.Aggregate(Dimension.One, (a, b) => a * b)] : null,
            "Identity" or "Unsqueeze" or "Squeeze" => Contents1D(node),
            "Reshape" => Contents1D(node),
            "Cast" => (DataType)node.AttributeInt("to", 0) is DataType.Int64 or DataType.Int32 && Type(node.In(0)) is DataType.Int64 or DataType.Int32
                ? Contents1D(node) : null,
            "Concat" => ConcatContents(node),
            "Gather" => GatherContents(node),
            "Slice" => SliceContents(node),
            "Add" => Combine(node, (a, b) => a + b),
            "Sub" => Combine(node, (a, b) => a - b),
            "Mul" => Combine(node, (a, b) => a * b),
            "Div" => Combine(node, Divide),
            "Neg" => Contents1D(node) is { } values ? Array.ConvertAll(values, v => Dimension.Zero - v) : null,
            "ConstantOfShape" => FilledContents(node),
            "Expand" => ExpandContents(node),
            "Range" => RangeContents(node),
            "Where" => WhereContents(node),
            "ReduceProd" => Contents1D(node) is { } factors ? [factors.Aggregate(Dimension.One, (a, b) => a * b)] : null,
            "Max" => Extreme(node, Math.Max),
            "Min" => Extreme(node, Math.Min),
            _ => null,
        };
        if (contents is { Length: <= MaxContents }) _contents[node.Out(0)] = contents;
    }

    private Dimension[]? Contents1D(NodeProto node) => _contents.GetValueOrDefault(node.In(0));

    private Dimension[]? ShapeContents(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? shape)) return null;
        int start = (int)Math.Clamp(Axis(node.AttributeInt("start", 0), shape.Length), 0, shape.Length);
        int end = (int)Math.Clamp(node.AttributeInt("end", shape.Length) is var e && e < 0 ? e + shape.Length : e, start, shape.Length);
        return shape[start..end];
    }

    private Dimension[]? ConcatContents(NodeProto node)
    {
        List<Dimension> all = [];
        foreach (string input in node.Input)
        {
            if (!_contents.TryGetValue(input, out Dimension[]? part)) return null;
            all.AddRange(part);
        }
        return [.. all];
    }

    private Dimension[]? GatherContents(NodeProto node)
    {
        if (!_contents.TryGetValue(node.In(0), out Dimension[]? data) || Integers(node.In(1)) is not { } indices) return null;
        if (Rank(node.In(0)) != 1 || Rank(node.In(1)) > 1) return null;
        Dimension[] result = new Dimension[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            long at = indices[i] < 0 ? indices[i] + data.Length : indices[i];
            if (at < 0 || at >= data.Length) return null;
            result[i] = data[at];
        }
        return result;
    }

    private Dimension[]? SliceContents(NodeProto node)
    {
        if (!_contents.TryGetValue(node.In(0), out Dimension[]? data) || Integers(node.In(1)) is not [long start] || Integers(node.In(2)) is not [long end]) return null;
        long step = 1;
        if (node.In(4).Length > 0)
        {
            if (Integers(node.In(4)) is not [long given] || given == 0) return null;
            step = given;
        }
        (long first, long last) = SliceBounds(data.Length, start, end, step);
        List<Dimension> part = [];
        for (long i = first; step > 0 ? i < last : i > last; i += step) part.Add(data[i]);
        return [.. part];
    }

    private Dimension[]? Combine(NodeProto node, Func<Dimension, Dimension, Dimension> combine)
    {
        if (!_contents.TryGetValue(node.In(0), out Dimension[]? a) || !_contents.TryGetValue(node.In(1), out Dimension[]? b)) return null;
        if (a.Length != b.Length && a.Length != 1 && b.Length != 1) return null;
        Dimension[] result = new Dimension[a.Length == 1 ? b.Length : a.Length];
        for (int i = 0; i < result.Length; i++) result[i] = combine(a[a.Length == 1 ? 0 : i], b[b.Length == 1 ? 0 : i]);
        return result;
    }

    // Integer Div truncates: the same as rounding down where both sides are sizes, which are never negative.
    private static Dimension Divide(Dimension a, Dimension b) =>
        a.IsConstant && b.IsConstant && b.Value != 0 ? Dimension.Of(a.Value / b.Value) : a.Over(b);

    private Dimension[]? Extreme(NodeProto node, Func<long, long, long> pick)
    {
        if (node.Input.Count != 2) return null;
        if (_contents.TryGetValue(node.In(0), out Dimension[]? a) && _contents.TryGetValue(node.In(1), out Dimension[]? b) && a.SequenceEqual(b)) return a;
        return Integers(node.In(0)) is null || Integers(node.In(1)) is null ? null : Combine(node, (x, y) => Dimension.Of(pick(x.Value, y.Value)));
    }

    private Dimension[]? FilledContents(NodeProto node)
    {
        if (node.Find("value")?.T is not { } fill || (DataType)fill.DataType is not (DataType.Int64 or DataType.Int32)) return null;
        if (Integers(node.In(0)) is not { Length: <= 1 } shape || shape is [> MaxContents]) return null;
        Dimension value = Dimension.Of(OnnxFactory.Integers(fill)[0]);
        return [.. Enumerable.Repeat(value, shape.Length == 0 ? 1 : (int)shape[0])];
    }

    private Dimension[]? ExpandContents(NodeProto node)
    {
        if (!_contents.TryGetValue(node.In(0), out Dimension[]? data) || Integers(node.In(1)) is not [long length] || length > MaxContents) return null;
        return data.Length == 1 ? [.. Enumerable.Repeat(data[0], (int)Math.Max(length, 1))] : data.Length == length || length == 1 ? data : null;
    }

    private Dimension[]? RangeContents(NodeProto node)
    {
        if (Integers(node.In(0)) is not [long start] || Integers(node.In(1)) is not [long limit] || Integers(node.In(2)) is not [long delta]) return null;
        if (delta == 0 || Math.Abs(limit - start) / Math.Abs(delta) > MaxContents) return null;
        List<Dimension> values = [];
        for (long i = start; delta > 0 ? i < limit : i > limit; i += delta) values.Add(Dimension.Of(i));
        return [.. values];
    }

    private Dimension RangeLength(NodeProto node) =>
        Integers(node.In(0)) is [0] && Integers(node.In(2)) is [1] && _contents.TryGetValue(node.In(1), out Dimension[]? limit) && limit.Length == 1
            ? limit[0]
            : Fresh();

    // Where(Equal(shape, -1), ones, shape), written by exporters around Expand: resolved where the comparison is.
    private Dimension[]? WhereContents(NodeProto node)
    {
        if (!_equal.TryGetValue(node.In(0), out bool?[]? condition)) return null;
        if (!_contents.TryGetValue(node.In(1), out Dimension[]? a) || !_contents.TryGetValue(node.In(2), out Dimension[]? b)) return null;
        int length = Math.Max(condition.Length, Math.Max(a.Length, b.Length));
        Dimension[] result = new Dimension[length];
        for (int i = 0; i < length; i++)
        {
            Dimension x = a[a.Length == 1 ? 0 : i], y = b[b.Length == 1 ? 0 : i];
            bool? holds = condition[condition.Length == 1 ? 0 : i];
            if (holds is null && !x.Equals(y)) return null;
            result[i] = holds == true ? x : y;
        }
        return result;
    }

    private readonly Dictionary<string, bool?[]> _equal = [];

    /// <summary>Compares known contents: a symbol is a size, so it never equals a negative number.</summary>
    private void InferEqual(NodeProto node)
    {
        if (Combine(node, (a, b) => a - b) is not { } difference) return;
        _contents.TryGetValue(node.In(0), out Dimension[]? left);
        _contents.TryGetValue(node.In(1), out Dimension[]? right);
        _equal[node.Out(0)] = [.. difference.Select((d, i) =>
        {
            if (d.IsConstant) return d.Is(0);
            Dimension a = left![left.Length == 1 ? 0 : i], b = right![right.Length == 1 ? 0 : i];
            return (a.Is(-1) && b.Symbol is not null) || (b.Is(-1) && a.Symbol is not null) ? false : (bool?)null;
        })];
    }

    private void InferConstant(NodeProto node)
    {
        if (node.Find("value")?.T is { } tensor) SetConstant(node.Out(0), tensor);
        else if (node.Find("value_int") is { } i) SetIntegers(node.Out(0), [], [i.I]);
        else if (node.Find("value_ints") is { } ints) SetIntegers(node.Out(0), [Dimension.Of(ints.Ints.Count)], [.. ints.Ints]);
        else if (node.Find("value_float") is { } f)
        {
            Set(node.Out(0), DataType.Float, []);
            _scalars[node.Out(0)] = f.F;
        }
        else if (node.Find("value_floats") is { } floats) Set(node.Out(0), DataType.Float, [Dimension.Of(floats.Floats.Count)]);
    }

    private void SetIntegers(string name, Dimension[] shape, long[] values)
    {
        Set(name, DataType.Int64, shape);
        if (values.Length <= MaxContents) _contents[name] = Array.ConvertAll(values, Dimension.Of);
    }
}
