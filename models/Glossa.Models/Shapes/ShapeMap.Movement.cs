using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Shapes;

// The shape functions of operators that move elements without computing on them.
public sealed partial class ShapeMap
{
    /// <summary>The axes of an operator that took them as an attribute once and as an input since; null where neither is known.</summary>
    internal long[]? Axes(NodeProto node, int input) =>
        node.In(input).Length > 0 ? Integers(node.In(input)) : node.AttributeInts("axes");

    private Dimension[]? TransposeShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? shape)) return null;
        long[]? permutation = node.AttributeInts("perm");
        return permutation is null ? [.. shape.Reverse()] : [.. permutation.Select(p => shape[p])];
    }

    private Dimension[]? ShapeFromContents(string name)
    {
        if (_contents.TryGetValue(name, out Dimension[]? known)) return (Dimension[])known.Clone();
        return _shapes.TryGetValue(name, out Dimension[]? shape) && shape.Length == 1 && shape[0].IsConstant ? FreshShape((int)shape[0].Value) : null;
    }

    private Dimension[]? ReshapeShape(NodeProto node)
    {
        if (ShapeFromContents(node.In(1)) is not { } target) return null;
        Dimension[]? source = _shapes.GetValueOrDefault(node.In(0));
        int rest = -1;
        Dimension known = Dimension.One;
        for (int i = 0; i < target.Length; i++)
        {
            if (target[i].Is(-1))
            {
                rest = i;
                continue;
            }
            if (target[i].Is(0) && node.AttributeInt("allowzero", 0) == 0) target[i] = source is not null && i < source.Length ? source[i] : Fresh();
            known *= target[i];
        }
        if (rest >= 0)
        {
            Dimension? total = source?.Aggregate(Dimension.One, (a, b) => a * b);
            target[rest] = total?.ExactQuotient(known) ?? Fresh();
        }
        return target;
    }

    private Dimension[]? FlattenShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? shape)) return FreshShape(2);
        int axis = Axis(node.AttributeInt("axis", 1), shape.Length);
        return [shape[..axis].Aggregate(Dimension.One, (a, b) => a * b), shape[axis..].Aggregate(Dimension.One, (a, b) => a * b)];
    }

    private Dimension[]? SqueezeShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? shape)) return null;
        if (Axes(node, 1) is { } axes) return KeepAxes(node.In(0), axes, false);
        return node.In(1).Length == 0 && Array.TrueForAll(shape, d => d.IsConstant) ? [.. shape.Where(d => !d.Is(1))] : null;
    }

    private Dimension[]? UnsqueezeShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? shape) || Axes(node, 1) is not { } axes) return null;
        int rank = shape.Length + axes.Length;
        HashSet<int> added = [.. axes.Select(a => Axis(a, rank))];
        int next = 0;
        return [.. Enumerable.Range(0, rank).Select(i => added.Contains(i) ? Dimension.One : shape[next++])];
    }

    private Dimension[]? ExpandShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? shape) || ShapeFromContents(node.In(1)) is not { } target) return null;
        return Broadcast([shape, target]);
    }

    private Dimension[]? ConcatShape(NodeProto node)
    {
        Dimension[]? result = null;
        foreach (string input in node.Input)
        {
            if (!_shapes.TryGetValue(input, out Dimension[]? shape)) return null;
            if (result is null)
            {
                result = (Dimension[])shape.Clone();
                continue;
            }
            int axis = Axis(node.AttributeInt("axis", 0), shape.Length);
            for (int i = 0; i < shape.Length; i++)
            {
                if (i == axis) result[i] += shape[i];
                else if (!result[i].IsConstant && shape[i].IsConstant) result[i] = shape[i];
            }
        }
        return result;
    }

    private void InferSplit(NodeProto node)
    {
        Dimension[]? shape = _shapes.GetValueOrDefault(node.In(0));
        int axis = shape is null ? 0 : Axis(node.AttributeInt("axis", 0), shape.Length);
        Dimension[]? sizes = node.In(1).Length > 0
            ? _contents.GetValueOrDefault(node.In(1))
            : node.AttributeInts("split") is { } old ? Array.ConvertAll(old, Dimension.Of) : null;
        for (int i = 0; i < node.Output.Count; i++)
        {
            Dimension[]? part = (Dimension[]?)shape?.Clone();
            if (part is not null) part[axis] = sizes is not null ? sizes[i] : node.In(1).Length > 0 ? Fresh() : EqualPart(shape![axis], node.Output.Count, i);
            Set(node.Out(i), Type(node.In(0)), part);
        }
    }

    /// <summary>Part <paramref name="index"/> of an axis split evenly; where it does not divide, the last part is the smaller one.</summary>
    private Dimension EqualPart(Dimension size, int parts, int index)
    {
        if (size.ExactQuotient(Dimension.Of(parts)) is { } even) return even;
        if (!size.IsConstant) return Fresh();
        long chunk = (size.Value + parts - 1) / parts;
        return Dimension.Of(index < parts - 1 ? chunk : size.Value - (chunk * (parts - 1)));
    }

    private Dimension[]? SliceShape(NodeProto node)
    {
        if (Copy(node.In(0)) is not { } shape) return null;
        Dimension[]? starts = _contents.GetValueOrDefault(node.In(1)), ends = _contents.GetValueOrDefault(node.In(2));
        long[]? axes = node.In(3).Length > 0 ? Integers(node.In(3)) : starts is null ? null : [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        if (axes is null) return FreshShape(shape.Length);
        long[]? steps = node.In(4).Length > 0 ? Integers(node.In(4)) : Repeat(1, axes.Length);
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = Axis(axes[i], shape.Length);
            shape[axis] = starts is null || ends is null || steps is null ? Fresh() : SliceLength(shape[axis], starts[i], ends[i], steps[i]);
        }
        return shape;
    }

    private Dimension SliceLength(Dimension size, Dimension start, Dimension end, long step)
    {
        if (size.IsConstant && start.IsConstant && end.IsConstant)
        {
            (long first, long last) = SliceBounds(size.Value, start.Value, end.Value, step);
            return Dimension.Of(Math.Max(0, step > 0 ? (last - first + step - 1) / step : (first - last - step - 1) / -step));
        }
        if (step != 1) return Fresh();
        // Symbols are sizes, so never negative: [0, symbol) of an axis at least that long, and the usual forms around the end.
        bool toEnd = (end.IsConstant && end.Value >= int.MaxValue) || end.Equals(size);
        if (toEnd && start.Is(0)) return size;
        if (!start.Is(0)) return Fresh();
        if (size.Equals(end)) return size;
        // Up to a symbol: it may lie behind the end.
        return size.IsConstant && end.Symbol is not null ? Dimension.Clipped(size.Value, end) : Fresh();
    }

    /// <summary>A slice's first index and the bound that it stops before, normalised as the operator's specification says.</summary>
    internal static (long First, long Last) SliceBounds(long size, long start, long end, long step)
    {
        if (size == 0) return (0, 0);
        // ONNX Runtime reads the largest integers as "to the end", whichever way the slice runs.
        if (step < 0 && end is int.MaxValue or long.MaxValue) end = -1;
        else if (end < 0 && end > long.MinValue + size) end += size;
        if (start < 0) start += size;
        return step > 0
            ? (Math.Clamp(start, 0, size), Math.Clamp(end, 0, size))
            : (Math.Clamp(start, 0, Math.Max(size - 1, 0)), Math.Clamp(end, -1, Math.Max(size - 1, -1)));
    }

    private Dimension[]? GatherShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? data) || !_shapes.TryGetValue(node.In(1), out Dimension[]? indices)) return null;
        int axis = Axis(node.AttributeInt("axis", 0), data.Length);
        return [.. data[..axis], .. indices, .. data[(axis + 1)..]];
    }

    private Dimension[]? GatherNdShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? data) || !_shapes.TryGetValue(node.In(1), out Dimension[]? indices)) return null;
        if (indices.Length == 0 || !indices[^1].IsConstant) return null;
        int batch = (int)node.AttributeInt("batch_dims", 0);
        return [.. indices[..^1], .. data[(batch + (int)indices[^1].Value)..]];
    }

    private Dimension[]? TileShape(NodeProto node)
    {
        if (Copy(node.In(0)) is not { } shape) return null;
        if (!_contents.TryGetValue(node.In(1), out Dimension[]? repeats)) return FreshShape(shape.Length);
        for (int i = 0; i < shape.Length; i++) shape[i] *= repeats[i];
        return shape;
    }

    private Dimension[]? PadShape(NodeProto node)
    {
        if (Copy(node.In(0)) is not { } shape) return null;
        long[] axes = node.In(3).Length > 0 ? Integers(node.In(3)) ?? [] : [.. Enumerable.Range(0, shape.Length).Select(i => (long)i)];
        Dimension[]? pads = node.AttributeInts("pads") is { } old ? Array.ConvertAll(old, Dimension.Of) : _contents.GetValueOrDefault(node.In(1));
        if (pads is null || pads.Length != 2 * axes.Length) return FreshShape(shape.Length);
        for (int i = 0; i < axes.Length; i++) shape[Axis(axes[i], shape.Length)] += pads[i] + pads[i + axes.Length];
        return shape;
    }

    private Dimension[]? WithFresh(string name, int axis)
    {
        Dimension[]? shape = Copy(name);
        if (shape is not null) shape[Axis(axis, shape.Length)] = Fresh();
        return shape;
    }

    private Dimension[]? ResizeShape(NodeProto node)
    {
        if (Copy(node.In(0)) is not { } shape) return null;
        int[] axes = node.AttributeInts("axes") is { } given ? [.. given.Select(a => Axis(a, shape.Length))] : [.. Enumerable.Range(0, shape.Length)];
        Dimension[]? sizes = node.In(3).Length > 0 && node.AttributeText("keep_aspect_ratio_policy", "stretch") == "stretch" ? _contents.GetValueOrDefault(node.In(3)) : null;
        for (int i = 0; i < axes.Length; i++) shape[axes[i]] = sizes is not null && sizes.Length == axes.Length ? sizes[i] : Fresh();
        return shape;
    }

    private Dimension[]? OneHotShape(NodeProto node)
    {
        if (!_shapes.TryGetValue(node.In(0), out Dimension[]? indices)) return null;
        List<Dimension> shape = [.. indices];
        shape.Insert(Axis(node.AttributeInt("axis", -1), indices.Length + 1), _contents.TryGetValue(node.In(1), out Dimension[]? depth) ? depth[0] : Fresh());
        return [.. shape];
    }

    private void InferShapeOperator(NodeProto node)
    {
        int rank = Rank(node.In(0));
        if (rank < 0)
        {
            Set(node.Out(0), DataType.Int64, [Fresh()]);
            return;
        }
        int length = _contents.TryGetValue(node.Out(0), out Dimension[]? contents) ? contents.Length : rank;
        Set(node.Out(0), DataType.Int64, [Dimension.Of(length)]);
    }
}
