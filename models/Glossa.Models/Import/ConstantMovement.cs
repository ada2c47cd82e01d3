using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Import;

// Operators that only move elements, and what all share.
internal static partial class ConstantOperators
{
    private static ConstantTensor? Move(NodeProto node, ConstantTensor x, ConstantTensor? y, IReadOnlyList<ConstantTensor?> inputs) => node.OpType switch
    {
        "Reshape" => Reshape(node, x, y),
        "Unsqueeze" => Unsqueeze(x, Axes(node, inputs)),
        "Squeeze" => Squeeze(node, x, Axes(node, inputs)),
        "Flatten" => Flatten(x, node.AttributeInt("axis", 1)),
        "Transpose" => Transpose(x, node.AttributeInts("perm")),
        "Concat" => Concat(node, inputs),
        "Gather" => Gather(node, x, y),
        "Slice" => Slice(x, inputs),
        "Expand" => Expand(x, y),
        "Trilu" => Trilu(node, x, y),
        _ => null,
    };

    private static ConstantTensor? Reshape(NodeProto node, ConstantTensor x, ConstantTensor? target)
    {
        if (target is null || target.IsReal || node.AttributeInt("allowzero", 0) != 0) return null;
        int[] shape = new int[target.Count];
        long known = 1;
        int open = -1;
        for (int i = 0; i < shape.Length; i++)
        {
            long size = target.Wholes[i] == 0 && i < x.Shape.Length ? x.Shape[i] : target.Wholes[i];
            if (size == -1 && open < 0) open = i;
            else if (size is < 0 or > MaxElements) return null;
            else known *= shape[i] = (int)size;
            if (known > MaxElements) return null;
        }
        if (open >= 0)
        {
            if (known == 0 || x.Count % known != 0) return null;
            shape[open] = (int)(x.Count / known);
        }
        else if (known != x.Count) return null;
        return x with { Shape = shape };
    }

    private static ConstantTensor? Unsqueeze(ConstantTensor x, long[]? axes)
    {
        if (axes is null) return null;
        int rank = x.Shape.Length + axes.Length;
        HashSet<long> at = [.. axes.Select(a => a < 0 ? a + rank : a)];
        if (at.Count != axes.Length || at.Any(a => a < 0 || a >= rank)) return null;
        Queue<int> rest = new(x.Shape);
        return x with { Shape = [.. Enumerable.Range(0, rank).Select(i => at.Contains(i) ? 1 : rest.Dequeue())] };
    }

    private static ConstantTensor? Squeeze(NodeProto node, ConstantTensor x, long[]? axes)
    {
        if (axes is null && node.In(1).Length > 0) return null;
        int rank = x.Shape.Length;
        HashSet<long> at = axes is null ? [.. Enumerable.Range(0, rank).Where(i => x.Shape[i] == 1).Select(i => (long)i)] : [.. axes.Select(a => a < 0 ? a + rank : a)];
        return at.Any(a => a < 0 || a >= rank || x.Shape[a] != 1) ? null : x with { Shape = [.. x.Shape.Where((_, i) => !at.Contains(i))] };
    }

    private static ConstantTensor? Flatten(ConstantTensor x, long axis)
    {
        long at = axis < 0 ? axis + x.Shape.Length : axis;
        if (at < 0 || at > x.Shape.Length || x.Count == 0) return null;
        int rows = x.Shape.Take((int)at).Aggregate(1, (a, b) => a * b);
        return x with { Shape = [rows, x.Count / rows] };
    }

    private static ConstantTensor? Transpose(ConstantTensor x, long[]? permutation)
    {
        int rank = x.Shape.Length;
        int[] perm = permutation is null ? [.. Enumerable.Range(0, rank).Reverse()] : Array.ConvertAll(permutation, p => (int)Math.Clamp(p, -1, rank));
        if (!perm.Order().SequenceEqual(Enumerable.Range(0, rank))) return null;
        int[] strides = Strides(x.Shape);
        return Strided(x, Array.ConvertAll(perm, p => x.Shape[p]), Array.ConvertAll(perm, p => strides[p]), 0);
    }

    private static ConstantTensor? Concat(NodeProto node, IReadOnlyList<ConstantTensor?> inputs)
    {
        ConstantTensor first = inputs[0]!;
        int rank = first.Shape.Length;
        long axis = node.AttributeInt("axis", 0) is var a && a < 0 ? a + rank : a;
        if (axis < 0 || axis >= rank) return null;
        foreach (ConstantTensor? part in inputs)
        {
            if (part is null || part.Type != first.Type || part.Shape.Length != rank) return null;
            if (part.Shape.Where((d, i) => i != axis && d != first.Shape[i]).Any()) return null;
        }
        int outer = first.Shape.Take((int)axis).Aggregate(1, (x, y) => x * y);
        int[] shape = [.. first.Shape];
        shape[axis] = inputs.Sum(p => p!.Shape[axis]);
        List<double> reals = [];
        List<long> wholes = [];
        for (int row = 0; row < outer; row++)
        {
            foreach (ConstantTensor? part in inputs)
            {
                int length = part!.Count / outer;
                if (first.IsReal) reals.AddRange(part.Reals.AsSpan(row * length, length));
                else wholes.AddRange(part.Wholes.AsSpan(row * length, length));
            }
        }
        return new(first.Type, shape, [.. reals], [.. wholes]);
    }

    private static ConstantTensor? Gather(NodeProto node, ConstantTensor x, ConstantTensor? indices)
    {
        int rank = x.Shape.Length;
        long axis = node.AttributeInt("axis", 0) is var a && a < 0 ? a + rank : a;
        if (indices is null || indices.IsReal || axis < 0 || axis >= rank) return null;
        int size = x.Shape[axis];
        long[] at = Array.ConvertAll(indices.Wholes, i => i < 0 ? i + size : i);
        if (at.Any(i => i < 0 || i >= size)) return null;
        int[] shape = [.. x.Shape[..(int)axis], .. indices.Shape, .. x.Shape[((int)axis + 1)..]];
        if (Product(shape) is not { } count) return null;
        int inner = x.Shape[((int)axis + 1)..].Aggregate(1, (p, q) => p * q);
        int[] places = new int[count];
        for (int i = 0; i < count; i++)
            places[i] = (((i / inner / at.Length * size) + (int)at[i / inner % at.Length]) * inner) + (i % inner);
        return x.Pick(shape, places);
    }

    private static ConstantTensor? Slice(ConstantTensor x, IReadOnlyList<ConstantTensor?> inputs)
    {
        if (inputs.Count < 3 || inputs[1] is not { IsReal: false } starts || inputs[2] is not { IsReal: false } ends || inputs.Skip(3).Any(i => i is null or { IsReal: true })) return null;
        int rank = x.Shape.Length;
        long[] axes = inputs.Count > 3 ? inputs[3]!.Wholes : [.. Enumerable.Range(0, starts.Count).Select(i => (long)i)];
        long[] steps = inputs.Count > 4 ? inputs[4]!.Wholes : [.. axes.Select(_ => 1L)];
        if (starts.Count != axes.Length || ends.Count != axes.Length || steps.Length != axes.Length) return null;
        int[] shape = [.. x.Shape], strides = Strides(x.Shape);
        int offset = 0;
        for (int i = 0; i < axes.Length; i++)
        {
            long axis = axes[i] < 0 ? axes[i] + rank : axes[i];
            if (axis < 0 || axis >= rank || steps[i] <= 0 || steps[i] > int.MaxValue || shape[axis] != x.Shape[axis]) return null;
            long size = x.Shape[axis];
            long start = Math.Clamp(starts.Wholes[i] < 0 ? starts.Wholes[i] + size : starts.Wholes[i], 0, size);
            long end = Math.Clamp(ends.Wholes[i] < 0 ? ends.Wholes[i] + size : ends.Wholes[i], start, size);
            offset += (int)start * strides[axis];
            shape[axis] = (int)((end - start + steps[i] - 1) / steps[i]);
            strides[axis] = shape[axis] <= 1 ? strides[axis] : strides[axis] * (int)steps[i];
        }
        return Strided(x, shape, strides, offset);
    }

    private static ConstantTensor? Expand(ConstantTensor x, ConstantTensor? target)
    {
        if (target is null || Sizes(target) is not { } sizes) return null;
        ConstantTensor other = new(x.Type, sizes, [], []);
        return Broadcast([x, other]) is { } both ? x.Pick(both.Shape, both.At[0]) : null;
    }

    private static ConstantTensor? Trilu(NodeProto node, ConstantTensor x, ConstantTensor? diagonal)
    {
        if (x.Shape.Length < 2 || (node.In(1).Length > 0 && diagonal is not { IsReal: false, Count: 1 })) return null;
        long k = diagonal?.Wholes[0] ?? 0;
        bool upper = node.AttributeInt("upper", 1) != 0;
        int rows = x.Shape[^2], columns = x.Shape[^1];
        ConstantTensor copy = x with { Reals = [.. x.Reals], Wholes = [.. x.Wholes] };
        for (int i = 0; i < x.Count; i++)
        {
            long beyond = (i % columns) - (i / columns % rows) - k;
            if (upper ? beyond >= 0 : beyond <= 0) continue;
            if (x.IsReal) copy.Reals[i] = 0;
            else copy.Wholes[i] = 0;
        }
        return copy;
    }

    private static long[]? Axes(NodeProto node, IReadOnlyList<ConstantTensor?> inputs) =>
        inputs.Count > 1 && inputs[1] is { IsReal: false } axes ? axes.Wholes : node.AttributeInts("axes");

    private static int[]? Sizes(ConstantTensor shape) =>
        !shape.IsReal && Array.TrueForAll(shape.Wholes, d => d is >= 0 and <= MaxElements) ? Array.ConvertAll(shape.Wholes, d => (int)d) : null;

    /// <summary>Number of elements, or null above the limit.</summary>
    private static int? Product(int[] shape)
    {
        long count = 1;
        foreach (int d in shape)
        {
            count *= d;
            if (count > MaxElements) return null;
        }
        return (int)count;
    }

    private static int[] Strides(int[] shape)
    {
        int[] strides = new int[shape.Length];
        for (int i = shape.Length - 1, stride = 1; i >= 0; stride *= shape[i], i--) strides[i] = stride;
        return strides;
    }

    private static ConstantTensor? Strided(ConstantTensor x, int[] shape, int[] strides, int offset) =>
        Product(shape) is null ? null : x.Pick(shape, Places(shape, strides, offset));

    private static int[] Places(int[] shape, int[] strides, int offset)
    {
        int[] places = new int[Product(shape)!.Value];
        for (int i = 0; i < places.Length; i++)
        {
            int rest = i, place = offset;
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                place += rest % shape[d] * strides[d];
                rest /= shape[d];
            }
            places[i] = place;
        }
        return places;
    }

    /// <summary>The shape of operands broadcast together, and for each the place of every element; null where they do not fit or are too many.</summary>
    private static (int[] Shape, int[][] At)? Broadcast(ConstantTensor[] operands)
    {
        int rank = operands.Max(o => o.Shape.Length);
        int[] shape = new int[rank];
        Array.Fill(shape, 1);
        foreach (ConstantTensor operand in operands)
        {
            for (int i = 0; i < operand.Shape.Length; i++)
            {
                ref int size = ref shape[rank - operand.Shape.Length + i];
                if (size == 1) size = operand.Shape[i];
                else if (operand.Shape[i] != 1 && operand.Shape[i] != size) return null;
            }
        }
        if (Product(shape) is null) return null;
        return (shape, Array.ConvertAll(operands, operand =>
        {
            int[] own = Strides(operand.Shape), strides = new int[rank];
            for (int i = 0; i < own.Length; i++) strides[rank - own.Length + i] = operand.Shape[i] == 1 ? 0 : own[i];
            return Places(shape, strides, 0);
        }));
    }
}
