using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>
/// Operators on constants: those whose result does not depend on how a runtime computes it. Anything else, and any use that is not plainly covered,
/// gives null and stays in the graph.
/// </summary>
internal static partial class ConstantOperators
{
    /// <summary>No result above this many elements is folded: a mask that is cheap to compute should not swell the model.</summary>
    internal const int MaxElements = 1 << 16;

    /// <summary>The node's first output, or null where it is not folded.</summary>
    internal static ConstantTensor? Evaluate(NodeProto node, IReadOnlyList<ConstantTensor?> inputs)
    {
        if (node.Domain is not ("" or "ai.onnx") || node.Output.Count != 1) return null;
        ConstantTensor? x = inputs.Count > 0 ? inputs[0] : null, y = inputs.Count > 1 ? inputs[1] : null;
        if (x is null) return null;
        return node.OpType switch
        {
            "Identity" => x,
            "Cast" => Cast(x, (DataType)node.AttributeInt("to", 0)),
            "Shape" => Shape(node, x),
            "Size" => ConstantTensor.OfWholes(DataType.Int64, [], [x.Count]),
            "ConstantOfShape" => Filled(node, x),
            "Range" when inputs.Count == 3 => Range(x, y, inputs[2]),
            "Where" when inputs.Count == 3 => Where(x, y, inputs[2]),
            "Neg" or "Abs" or "Sqrt" or "Reciprocal" or "Floor" or "Ceil" or "Not" or "IsNaN" => Unary(node.OpType, x),
            "ReduceSum" or "ReduceProd" or "ReduceMax" or "ReduceMin" => Reduce(node, x, y),
            "Add" or "Sub" or "Mul" or "Div" or "Mod" => y is null ? null : Arithmetic(node, x, y),
            "Equal" or "Less" or "LessOrEqual" or "Greater" or "GreaterOrEqual" or "And" or "Or" or "Xor" => y is null ? null : Compare(node.OpType, x, y),
            "Min" or "Max" when inputs.Count == 2 => y is null ? null : Extreme(node.OpType == "Max", x, y),
            _ => Move(node, x, y, inputs),
        };
    }

    private static ConstantTensor? Cast(ConstantTensor x, DataType to)
    {
        switch (to)
        {
            case DataType.Float or DataType.Double:
                return ConstantTensor.OfReals(to, x.Shape, x.IsReal ? x.Reals : Array.ConvertAll(x.Wholes, v => (double)v));
            case DataType.Bool:
                return ConstantTensor.OfWholes(to, x.Shape, x.IsReal ? Array.ConvertAll(x.Reals, v => v != 0 ? 1L : 0) : Array.ConvertAll(x.Wholes, v => v != 0 ? 1L : 0));
            case DataType.Int64 or DataType.Int32:
                double limit = to == DataType.Int64 ? 9e18 : int.MaxValue;
                // What lies outside the type is not defined.
                if (x.IsReal && !Array.TrueForAll(x.Reals, v => Math.Abs(v) < limit)) return null;
                return ConstantTensor.OfWholes(to, x.Shape, x.IsReal ? Array.ConvertAll(x.Reals, v => (long)v) : x.Wholes);
            default:
                return null;
        }
    }

    private static ConstantTensor Shape(NodeProto node, ConstantTensor x)
    {
        int rank = x.Shape.Length;
        int start = Clamped(node.AttributeInt("start", 0)), end = Clamped(node.AttributeInt("end", rank));
        long[] part = [.. x.Shape.Skip(start).Take(Math.Max(0, end - start)).Select(d => (long)d)];
        return ConstantTensor.OfWholes(DataType.Int64, [part.Length], part);

        int Clamped(long at) => (int)Math.Clamp(at < 0 ? at + rank : at, 0, rank);
    }

    private static ConstantTensor? Filled(NodeProto node, ConstantTensor shape)
    {
        if (Sizes(shape) is not { } sizes || Product(sizes) is not { } count) return null;
        ConstantTensor? value = node.Find("value")?.T is { } fill ? ConstantTensor.From(fill) : ConstantTensor.OfReals(DataType.Float, [1], [0]);
        return value is { Count: 1 } ? value.Pick(sizes, new int[count]) : null;
    }

    private static ConstantTensor? Range(ConstantTensor start, ConstantTensor? limit, ConstantTensor? delta)
    {
        if (start is not { IsReal: false, Count: 1 } || limit is not { IsReal: false, Count: 1 } || delta is not { IsReal: false, Count: 1 } || delta.Wholes[0] == 0) return null;
        long first = start.Wholes[0], step = delta.Wholes[0];
        double count = Math.Max(0, Math.Ceiling(((double)limit.Wholes[0] - first) / step));
        if (count > MaxElements) return null;
        long[] values = new long[(int)count];
        for (int i = 0; i < values.Length; i++) values[i] = first + (i * step);
        return ConstantTensor.OfWholes(start.Type, [values.Length], values);
    }

    private static ConstantTensor? Where(ConstantTensor condition, ConstantTensor? a, ConstantTensor? b)
    {
        if (condition.IsReal || a is null || b is null || a.Type != b.Type || Broadcast([condition, a, b]) is not { } all) return null;
        (int[] shape, int[][] at) = all;
        ConstantTensor joined = a.IsReal ? a with { Reals = [.. a.Reals, .. b.Reals] } : a with { Wholes = [.. a.Wholes, .. b.Wholes] };
        int[] places = new int[at[0].Length];
        for (int i = 0; i < places.Length; i++) places[i] = condition.Wholes[at[0][i]] != 0 ? at[1][i] : a.Count + at[2][i];
        return joined.Pick(shape, places);
    }

    private static ConstantTensor? Unary(string opType, ConstantTensor x) => (opType, x.IsReal) switch
    {
        ("Not", false) when x.Type == DataType.Bool => ConstantTensor.OfWholes(DataType.Bool, x.Shape, Array.ConvertAll(x.Wholes, v => 1 - v)),
        ("IsNaN", true) => ConstantTensor.OfWholes(DataType.Bool, x.Shape, Array.ConvertAll(x.Reals, v => double.IsNaN(v) ? 1L : 0)),
        ("Neg", false) => ConstantTensor.OfWholes(x.Type, x.Shape, Array.ConvertAll(x.Wholes, v => unchecked(-v))),
        ("Abs", false) => ConstantTensor.OfWholes(x.Type, x.Shape, Array.ConvertAll(x.Wholes, v => v < 0 ? unchecked(-v) : v)),
        ("Neg", true) => Map(x, v => -v),
        ("Abs", true) => Map(x, Math.Abs),
        ("Sqrt", true) => Map(x, Math.Sqrt),
        ("Reciprocal", true) => Map(x, v => 1 / v),
        ("Floor", true) => Map(x, Math.Floor),
        ("Ceil", true) => Map(x, Math.Ceiling),
        _ => null,
    };

    private static ConstantTensor Map(ConstantTensor x, Converter<double, double> f) => ConstantTensor.OfReals(x.Type, x.Shape, Array.ConvertAll(x.Reals, f));

    private static ConstantTensor? Arithmetic(NodeProto node, ConstantTensor x, ConstantTensor y)
    {
        if (x.Type != y.Type || x.Type == DataType.Bool || Broadcast([x, y]) is not { } both) return null;
        (int[] shape, int[][] at) = both;
        if (x.IsReal)
        {
            if (node.OpType == "Mod") return null;
            return ConstantTensor.OfReals(x.Type, shape, [.. at[0].Zip(at[1], (i, j) => (x.Reals[i], y.Reals[j])).Select(p => node.OpType switch
            {
                "Add" => p.Item1 + p.Item2,
                "Sub" => p.Item1 - p.Item2,
                "Mul" => p.Item1 * p.Item2,
                _ => p.Item1 / p.Item2,
            })]);
        }
        bool divides = node.OpType is "Div" or "Mod";
        if (divides && (y.Wholes.Contains(0) || y.Wholes.Contains(-1) || node.AttributeInt("fmod", 0) != 0)) return null;
        return ConstantTensor.OfWholes(x.Type, shape, [.. at[0].Zip(at[1], (i, j) => (x.Wholes[i], y.Wholes[j])).Select(p => unchecked(node.OpType switch
        {
            "Add" => p.Item1 + p.Item2,
            "Sub" => p.Item1 - p.Item2,
            "Mul" => p.Item1 * p.Item2,
            "Div" => p.Item1 / p.Item2,
            _ => ((p.Item1 % p.Item2) + p.Item2) % p.Item2,
        }))]);
    }

    private static ConstantTensor? Compare(string opType, ConstantTensor x, ConstantTensor y)
    {
        if (x.Type != y.Type || Broadcast([x, y]) is not { } both) return null;
        (int[] shape, int[][] at) = both;
        long[] result = new long[at[0].Length];
        for (int i = 0; i < result.Length; i++)
        {
            int order = x.IsReal ? x.Reals[at[0][i]].CompareTo(y.Reals[at[1][i]]) : x.Wholes[at[0][i]].CompareTo(y.Wholes[at[1][i]]);
            if (x.IsReal && (double.IsNaN(x.Reals[at[0][i]]) || double.IsNaN(y.Reals[at[1][i]]))) return null;
            bool holds = opType switch
            {
                "Equal" => order == 0,
                "Less" => order < 0,
                "LessOrEqual" => order <= 0,
                "Greater" => order > 0,
                "GreaterOrEqual" => order >= 0,
                "And" => !x.IsReal && x.Wholes[at[0][i]] != 0 && y.Wholes[at[1][i]] != 0,
                "Or" => !x.IsReal && (x.Wholes[at[0][i]] != 0 || y.Wholes[at[1][i]] != 0),
                _ => order != 0,
            };
            result[i] = holds ? 1 : 0;
        }
        return ConstantTensor.OfWholes(DataType.Bool, shape, result);
    }

    private static ConstantTensor? Extreme(bool max, ConstantTensor x, ConstantTensor y)
    {
        if (x.Type != y.Type || Broadcast([x, y]) is not { } both) return null;
        (int[] shape, int[][] at) = both;
        return x.IsReal
            ? ConstantTensor.OfReals(x.Type, shape, [.. at[0].Zip(at[1], (i, j) => max ? Math.Max(x.Reals[i], y.Reals[j]) : Math.Min(x.Reals[i], y.Reals[j]))])
            : ConstantTensor.OfWholes(x.Type, shape, [.. at[0].Zip(at[1], (i, j) => max ? Math.Max(x.Wholes[i], y.Wholes[j]) : Math.Min(x.Wholes[i], y.Wholes[j]))]);
    }

    /// <summary>Whole numbers only: the order in which a runtime adds floats is its own.</summary>
    private static ConstantTensor? Reduce(NodeProto node, ConstantTensor x, ConstantTensor? axes)
    {
        if (x.IsReal || x.Type == DataType.Bool || x.Count == 0 || axes is not null || node.Find("axes") is not null || node.AttributeInt("noop_with_empty_axes", 0) != 0) return null;
        long result = node.OpType switch
        {
            "ReduceSum" => x.Wholes.Aggregate(0L, (a, b) => unchecked(a + b)),
            "ReduceProd" => x.Wholes.Aggregate(1L, (a, b) => unchecked(a * b)),
            "ReduceMax" => x.Wholes.Max(),
            _ => x.Wholes.Min(),
        };
        int[] shape = node.AttributeInt("keepdims", 1) != 0 ? [.. x.Shape.Select(_ => 1)] : [];
        return ConstantTensor.OfWholes(x.Type, shape, [result]);
    }
}
