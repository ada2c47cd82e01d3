using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Shapes;

// The shape functions of operators that combine, compute or reduce.
public sealed partial class ShapeMap
{
    /// <summary>The shape of operands broadcast together, or null where a rank is not known.</summary>
    internal Dimension[]? Broadcast(IEnumerable<string> names)
    {
        List<Dimension[]> shapes = [];
        foreach (string name in names)
        {
            if (name.Length == 0) continue;
            if (!_shapes.TryGetValue(name, out Dimension[]? shape)) return null;
            shapes.Add(shape);
        }
        return Broadcast(shapes);
    }

    private Dimension[] Broadcast(List<Dimension[]> shapes)
    {
        Dimension[] result = new Dimension[shapes.Count == 0 ? 0 : shapes.Max(s => s.Length)];
        for (int i = 0; i < result.Length; i++)
        {
            Dimension dimension = Dimension.One;
            foreach (Dimension[] shape in shapes)
            {
                int at = i - (result.Length - shape.Length);
                if (at >= 0) dimension = Broadcast(dimension, shape[at]);
            }
            result[i] = dimension;
        }
        return result;
    }

    private Dimension Broadcast(Dimension a, Dimension b)
    {
        if (a.Is(1) || a.Equals(b)) return b;
        if (b.Is(1)) return a;
        if (a.IsConstant) return a;
        return b.IsConstant ? b : Fresh();
    }

    private Dimension[]? MatMulShape(NodeProto node)
    {
        Dimension[]? a = Copy(node.In(0)), b = Copy(node.In(1));
        if (a is null || b is null || a.Length == 0 || b.Length == 0) return null;
        if (node.OpType == "FusedMatMul")
        {
            if (node.AttributeInt("transBatchA", 0) != 0 || node.AttributeInt("transBatchB", 0) != 0) (a, b) = (UntransposeBatch(a, node.AttributeInt("transBatchA", 0)), UntransposeBatch(b, node.AttributeInt("transBatchB", 0)));
            if (node.AttributeInt("transA", 0) != 0 && a.Length > 1) (a[^1], a[^2]) = (a[^2], a[^1]);
            if (node.AttributeInt("transB", 0) != 0 && b.Length > 1) (b[^1], b[^2]) = (b[^2], b[^1]);
        }
        Dimension[] batch = Broadcast([a[..Math.Max(0, a.Length - 2)], b[..Math.Max(0, b.Length - 2)]]);
        List<Dimension> shape = [.. batch];
        if (a.Length > 1) shape.Add(a[^2]);
        if (b.Length > 1) shape.Add(b[^1]);
        return [.. shape];
    }

    /// <summary>FusedMatMul's transBatch: the first axis stands before the last one, [M, batch..., K] for [batch..., M, K].</summary>
    private static Dimension[] UntransposeBatch(Dimension[] shape, long transposed) =>
        transposed == 0 || shape.Length < 3 ? shape : [.. shape[1..^1], shape[0], shape[^1]];

    private void InferGemm(NodeProto node)
    {
        if (Rank(node.In(0)) != 2 || Rank(node.In(1)) != 2)
        {
            Set(node.Out(0), Type(node.In(0)), FreshShape(2));
            return;
        }
        Dimension[] a = _shapes[node.In(0)], b = _shapes[node.In(1)];
        Set(node.Out(0), Type(node.In(0)), [a[node.AttributeInt("transA", 0) != 0 ? 1 : 0], b[node.AttributeInt("transB", 0) != 0 ? 0 : 1]]);
    }

    private Dimension[]? ReduceShape(NodeProto node)
    {
        int rank = Rank(node.In(0));
        if (rank < 0) return null;
        long[]? axes = node.AttributeInts("axes");
        if (axes is null && node.In(1).Length > 0)
        {
            axes = Integers(node.In(1));
            if (axes is null) return node.AttributeInt("keepdims", 1) != 0 ? FreshShape(rank) : null;
        }
        if (axes is null or { Length: 0 })
        {
            if (node.AttributeInt("noop_with_empty_axes", 0) != 0) return Copy(node.In(0));
            axes = [.. Enumerable.Range(0, rank).Select(i => (long)i)];
        }
        return KeepAxes(node.In(0), axes, node.AttributeInt("keepdims", 1) != 0);
    }

    private Dimension[]? KeepAxes(string name, long[] axes, bool keep)
    {
        if (!_shapes.TryGetValue(name, out Dimension[]? shape)) return null;
        HashSet<int> reduced = [.. axes.Select(a => Axis(a, shape.Length))];
        return [.. shape.Select((d, i) => (d, i)).Where(p => keep || !reduced.Contains(p.i)).Select(p => reduced.Contains(p.i) ? Dimension.One : p.d)];
    }

    private Dimension[]? NormalizedShape(NodeProto node)
    {
        if (Copy(node.In(0)) is not { } shape) return null;
        for (int i = Axis(node.AttributeInt("axis", -1), shape.Length); i < shape.Length; i++) shape[i] = Dimension.One;
        return shape;
    }

    private void InferTopK(NodeProto node)
    {
        Dimension[]? shape = Copy(node.In(0));
        if (shape is not null)
        {
            shape[Axis(node.AttributeInt("axis", -1), shape.Length)] =
                _contents.TryGetValue(node.In(1), out Dimension[]? k) && k.Length == 1 ? k[0] : Fresh();
        }
        Set(node.Out(0), Type(node.In(0)), shape);
        Set(node.Out(1), DataType.Int64, (Dimension[]?)shape?.Clone());
    }

    private Dimension[]? EinsumShape(NodeProto node)
    {
        string equation = node.AttributeText("equation", "").Replace(" ", "", StringComparison.Ordinal);
        if (equation.Contains("...", StringComparison.Ordinal)) return null;
        string[] sides = equation.Split("->");
        string[] operands = sides[0].Split(',');
        SortedDictionary<char, Dimension> sizes = [];
        for (int i = 0; i < operands.Length; i++)
        {
            if (!_shapes.TryGetValue(node.In(i), out Dimension[]? shape) || shape.Length != operands[i].Length) return null;
            for (int j = 0; j < shape.Length; j++)
                sizes[operands[i][j]] = sizes.TryGetValue(operands[i][j], out Dimension? known) ? Broadcast(known, shape[j]) : shape[j];
        }
        string output = sides.Length > 1 ? sides[1] : string.Concat(sizes.Keys.Where(c => sides[0].Count(x => x == c) == 1));
        return [.. output.Select(c => sizes[c])];
    }

    private Dimension[]? ConvShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? x) || !_shapes.TryGetValue(node.In(1), out Dimension[]? w)) return null;
        int spatial = x.Length - 2;
        Dimension[] result = FreshShape(x.Length);
        (result[0], result[1]) = (x[0], w[0]);
        long[] strides = node.AttributeInts("strides") ?? Repeat(1, spatial), dilations = node.AttributeInts("dilations") ?? Repeat(1, spatial);
        long[] pads = node.AttributeInts("pads") ?? Repeat(0, 2 * spatial);
        string auto = node.AttributeText("auto_pad", "NOTSET");
        for (int i = 0; i < spatial; i++)
        {
            if (auto is "SAME_UPPER" or "SAME_LOWER")
            {
                result[i + 2] = (x[i + 2] + Dimension.Of(strides[i] - 1)).Over(Dimension.Of(strides[i]));
                continue;
            }
            long padding = auto == "VALID" ? 0 : pads[i] + pads[i + spatial];
            Dimension window = ((w[i + 2] - Dimension.One) * Dimension.Of(dilations[i])) + Dimension.One;
            result[i + 2] = (x[i + 2] + Dimension.Of(padding) - window).Over(Dimension.Of(strides[i])) + Dimension.One;
        }
        return result;
    }

    private static long[] Repeat(long value, int count)
    {
        long[] values = new long[count];
        Array.Fill(values, value);
        return values;
    }

    /// <summary>ai.onnx Attention (opset 23): 4-D [batch, heads, sequence, size] or 3-D [batch, sequence, hidden] operands.</summary>
    private void InferAttention(NodeProto node)
    {
        DataType type = Type(node.In(0));
        Dimension[]? q = Copy(node.In(0)), k = Copy(node.In(1)), v = Copy(node.In(2));
        if (node.Domain is not ("" or "ai.onnx") || q is null || k is null || v is null)
        {
            Set(node.Out(0), type, null);
            return;
        }
        if (q.Length == 4)
        {
            Set(node.Out(0), type, [q[0], q[1], q[2], v[3]]);
            return;
        }
        Dimension heads = Dimension.Of(node.AttributeInt("q_num_heads", 1)), keyHeads = Dimension.Of(node.AttributeInt("kv_num_heads", 1));
        Set(node.Out(0), type, [q[0], q[1], v[2].Over(keyHeads) * heads]);
    }
}
