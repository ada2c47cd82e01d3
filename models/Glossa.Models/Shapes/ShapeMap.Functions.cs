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
        if (a.IsCutOf(b)) return b;
        if (b.IsCutOf(a)) return a;
        return b.IsConstant ? b : Fresh();
    }

    private Dimension[]? MatMulShape(NodeProto node)
    {
        Dimension[]? a = Copy(node.In(0)), b = Copy(node.In(1));
        if (a is null || b is null || a.Length == 0 || b.Length == 0) return null;
        if (node.OpType is "FusedMatMul" or "TransposeMatMul")
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
        string[] sides = equation.Split("->"), operands = sides[0].Split(',');
        Dictionary<string, Dimension> sizes = [];
        int hidden = 0;
        for (int i = 0; i < operands.Length; i++)
        {
            if (!_shapes.TryGetValue(node.In(i), out Dimension[]? shape)) return null;
            string[] indices = EinsumIndices(operands[i], shape.Length);
            if (indices.Length != shape.Length) return null;
            hidden = Math.Max(hidden, indices.Count(index => index.Length > 1));
            for (int j = 0; j < shape.Length; j++)
                sizes[indices[j]] = sizes.TryGetValue(indices[j], out Dimension? known) ? Broadcast(known, shape[j]) : shape[j];
        }
        string output = sides.Length > 1
            ? sides[1]
            : (hidden > 0 ? "..." : "") + string.Concat(sizes.Keys.Where(k => k.Length == 1 && sides[0].Count(x => x == k[0]) == 1).Order(StringComparer.Ordinal));
        return [.. EinsumIndices(output, output.Replace("...", "", StringComparison.Ordinal).Length + hidden).Select(index => sizes[index])];
    }

    /// <summary>One name per axis; those behind an ellipsis are counted from the right: "...2", "...1".</summary>
    private static string[] EinsumIndices(string term, int rank)
    {
        int at = term.IndexOf("...", StringComparison.Ordinal);
        if (at < 0) return [.. term.Select(letter => letter.ToString())];
        int count = rank - (term.Length - 3);
        IEnumerable<string> hidden = Enumerable.Range(0, Math.Max(0, count)).Select(i => "..." + (count - i).ToString(System.Globalization.CultureInfo.InvariantCulture));
        return [.. term[..at].Select(letter => letter.ToString()), .. hidden, .. term[(at + 3)..].Select(letter => letter.ToString())];
    }

    private static DataType QuantizedTypeOf(long type) => type == 0 ? DataType.Uint8 : (DataType)type;

    private DataType QuantizedType(NodeProto node) =>
        node.In(2).Length > 0 ? Type(node.In(2)) : QuantizedTypeOf(node.AttributeInt("output_dtype", 0));

    private Dimension[]? PoolShape(NodeProto node)
    {
        if (Copy(node.In(0)) is not { } x || node.AttributeInts("kernel_shape") is not { } kernel || kernel.Length != x.Length - 2) return null;
        if (node.AttributeInt("ceil_mode", 0) != 0) return [x[0], x[1], .. FreshShape(kernel.Length)];
        return WindowShape(node, x, x[1], Array.ConvertAll(kernel, Dimension.Of));
    }

    private Dimension[]? ConvShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? x) || !_shapes.TryGetValue(node.In(1), out Dimension[]? w)) return null;
        return WindowShape(node, x, w[0], w[2..]);
    }

    /// <summary>What a window of known size finds places for, in each axis behind batch and channels.</summary>
    private Dimension[] WindowShape(NodeProto node, Dimension[] x, Dimension channels, Dimension[] kernel)
    {
        int spatial = x.Length - 2;
        Dimension[] result = FreshShape(x.Length);
        (result[0], result[1]) = (x[0], channels);
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
            Dimension window = ((kernel[i] - Dimension.One) * Dimension.Of(dilations[i])) + Dimension.One;
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
        if (node.Domain is not ("" or "ai.onnx"))
        {
            // com.microsoft: input [batch, sequence, hidden], weight [hidden, query + key + value].
            Dimension? width = node.AttributeInts("qkv_hidden_sizes") is [_, _, var size] ? Dimension.Of(size) : k?[^1].Over(Dimension.Of(3));
            Set(node.Out(0), type, q is { Length: 3 } && width is not null ? [q[0], q[1], width] : null);
            return;
        }
        if (q is null || k is null || v is null)
        {
            Set(node.Out(0), type, null);
            return;
        }
        Dimension heads = q.Length == 4 ? q[1] : Dimension.Of(node.AttributeInt("q_num_heads", 1)), keyHeads = Dimension.Of(node.AttributeInt("kv_num_heads", 1));
        Dimension[] key = k.Length == 4 ? k : [k[0], keyHeads, k[1], k[2].Over(keyHeads)], value = v.Length == 4 ? v : [v[0], keyHeads, v[1], v[2].Over(keyHeads)];
        Dimension past = node.In(4).Length == 0 ? Dimension.Zero : Rank(node.In(4)) == 4 ? _shapes[node.In(4)][2] : Fresh(), all = key[2] + past;
        Set(node.Out(0), type, q.Length == 4 ? [q[0], q[1], q[2], value[3]] : [q[0], q[1], value[3] * heads]);
        Set(node.Out(1), type, [key[0], key[1], all, key[3]]);
        Set(node.Out(2), type, [value[0], value[1], all, value[3]]);
        Set(node.Out(3), type, [q[0], heads, q.Length == 4 ? q[2] : q[1], all]);
    }
}
