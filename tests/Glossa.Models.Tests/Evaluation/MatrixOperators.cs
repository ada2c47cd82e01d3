using Glossa.Models.Shapes;

namespace Glossa.Models.Tests.Evaluation;

internal static class MatrixOperators
{
    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        operators["MatMul"] = n => [MatMul(n[0], n[1])];
        operators["com.microsoft.FusedMatMul"] = FusedMatMul;
        operators["Gemm"] = Gemm;
        operators["Einsum"] = n => [Einsum(n.Proto.AttributeText("equation", ""), [.. n.Inputs.Select(t => t!)])];
        operators["Conv"] = Conv;
        operators["ConvTranspose"] = ConvTranspose;
    }

    internal static DoubleTensor MatMul(DoubleTensor a, DoubleTensor b)
    {
        if (a.Rank == 1) return Dropped(MatMul(a.Reshaped([1, a.Shape[0]]), b), b.Rank == 1 ? 0 : ^2);
        if (b.Rank == 1) return Dropped(MatMul(a, b.Reshaped([b.Shape[0], 1])), ^1);
        int m = a.Shape[^2], k = a.Shape[^1], n = b.Shape[^1];
        if (b.Shape[^2] != k) throw new InvalidOperationException($"inner sizes {k} and {b.Shape[^2]} differ");
        int[] batch = ElementwiseOperators.BroadcastShape(a.Shape[..^2], b.Shape[..^2]);
        a = ElementwiseOperators.Expand(a, [.. batch, m, k]);
        b = ElementwiseOperators.Expand(b, [.. batch, k, n]);
        DoubleTensor y = DoubleTensor.Of(a.Type, [.. batch, m, n]);
        for (int p = 0; p < DoubleTensor.Count(batch); p++)
        {
            for (int i = 0; i < m; i++)
            {
                Span<double> row = y.Data.AsSpan(((p * m) + i) * n, n);
                for (int l = 0; l < k; l++)
                {
                    double scale = a.Data[(((p * m) + i) * k) + l];
                    ReadOnlySpan<double> from = b.Data.AsSpan(((p * k) + l) * n, n);
                    for (int j = 0; j < n; j++) row[j] += scale * from[j];
                }
            }
        }
        return y;
    }

    private static DoubleTensor Dropped(DoubleTensor t, Index axis)
    {
        List<int> shape = [.. t.Shape];
        shape.RemoveAt(axis.GetOffset(shape.Count));
        return t.Reshaped([.. shape]);
    }

    internal static DoubleTensor SwapLast(DoubleTensor t)
    {
        int[] permutation = [.. Enumerable.Range(0, t.Rank)];
        (permutation[^1], permutation[^2]) = (permutation[^2], permutation[^1]);
        return MovementOperators.Transpose(t, permutation);
    }

    private static DoubleTensor[] FusedMatMul(EvaluatedNode n)
    {
        DoubleTensor a = Oriented(n[0], n.Whole("transBatchA", 0) != 0, n.Whole("transA", 0) != 0), b = Oriented(n[1], n.Whole("transBatchB", 0) != 0, n.Whole("transB", 0) != 0);
        double alpha = n.Proto.AttributeFloat("alpha", 1);
        return [MatMul(a, b).Map(v => v * alpha)];
    }

    private static DoubleTensor Oriented(DoubleTensor t, bool batch, bool swap)
    {
        if (batch) t = MovementOperators.Transpose(t, [.. Enumerable.Range(1, t.Rank - 2), 0, t.Rank - 1]);
        return swap && t.Rank > 1 ? SwapLast(t) : t;
    }

    internal static DoubleTensor[] Gemm(EvaluatedNode n)
    {
        DoubleTensor a = n.Whole("transA", 0) != 0 ? SwapLast(n[0]) : n[0], b = n.Whole("transB", 0) != 0 ? SwapLast(n[1]) : n[1];
        double alpha = n.Proto.AttributeFloat("alpha", 1), beta = n.Proto.AttributeFloat("beta", 1);
        DoubleTensor y = MatMul(a, b).Map(v => v * alpha);
        return [n.Optional(2) is { } c ? ElementwiseOperators.Combine(y, c, (v, w) => v + (beta * w)) : y];
    }

    internal static DoubleTensor Einsum(string equation, DoubleTensor[] operands)
    {
        equation = equation.Replace(" ", "", StringComparison.Ordinal);
        string[] sides = equation.Split("->"), terms = sides[0].Split(',');
        // The axes behind an ellipsis get capitals of their own, counted from the right.
        int hidden = terms.Select((t, i) => t.Contains('.', StringComparison.Ordinal) ? operands[i].Rank - (t.Length - 3) : 0).Max();
        string Letters(int count) => new([.. Enumerable.Range(hidden - count, count).Select(i => (char)(0x100 + i))]);
        for (int i = 0; i < terms.Length; i++) terms[i] = terms[i].Replace("...", Letters(Math.Max(0, operands[i].Rank - (terms[i].Length - 3))), StringComparison.Ordinal);
        string joined = string.Concat(terms);
        string output = sides.Length > 1
            ? sides[1].Replace("...", Letters(hidden), StringComparison.Ordinal)
            : Letters(hidden) + string.Concat(joined.Where(c => c < 0x100 && joined.Count(x => x == c) == 1).Order());
        string all = output + string.Concat(joined.Distinct().Where(c => !output.Contains(c, StringComparison.Ordinal)));
        int[] sizes = [.. all.Select(c => terms.SelectMany((t, i) => t.Select((x, d) => x == c ? operands[i].Shape[d] : 1)).Max())];
        DoubleTensor y = DoubleTensor.Of(operands[0].Type, sizes[..output.Length]);
        int[] strides = y.Strides, index = new int[all.Length];
        for (int flat = 0; flat < DoubleTensor.Count(sizes); flat++)
        {
            for (int d = all.Length - 1, rest = flat; d >= 0; rest /= sizes[d--]) index[d] = rest % sizes[d];
            double product = 1;
            for (int i = 0; i < terms.Length; i++)
            {
                int at = 0;
                for (int d = 0; d < terms[i].Length; d++) at = (at * operands[i].Shape[d]) + (operands[i].Shape[d] == 1 ? 0 : index[all.IndexOf(terms[i][d], StringComparison.Ordinal)]);
                product *= operands[i].Data[at];
            }
            int to = 0;
            for (int d = 0; d < output.Length; d++) to += index[d] * strides[d];
            y.Data[to] += product;
        }
        return y;
    }

    internal static DoubleTensor[] Conv(EvaluatedNode n)
    {
        DoubleTensor x = n[0], w = n[1];
        int spatial = x.Rank - 2, groups = (int)n.Whole("group", 1);
        int[] strides = Array.ConvertAll(n.Proto.AttributeInts("strides") ?? [.. Enumerable.Repeat(1L, spatial)], v => (int)v);
        int[] dilations = Array.ConvertAll(n.Proto.AttributeInts("dilations") ?? [.. Enumerable.Repeat(1L, spatial)], v => (int)v);
        int[] before = new int[spatial], outShape = new int[x.Rank];
        (outShape[0], outShape[1]) = (x.Shape[0], w.Shape[0]);
        string auto = n.Proto.AttributeText("auto_pad", "NOTSET");
        long[] pads = n.Proto.AttributeInts("pads") ?? new long[2 * spatial];
        for (int d = 0; d < spatial; d++)
        {
            int size = x.Shape[d + 2], window = ((w.Shape[d + 2] - 1) * dilations[d]) + 1;
            if (auto is "SAME_UPPER" or "SAME_LOWER")
            {
                outShape[d + 2] = (size + strides[d] - 1) / strides[d];
                int total = Math.Max(0, ((outShape[d + 2] - 1) * strides[d]) + window - size);
                before[d] = auto == "SAME_UPPER" ? total / 2 : total - (total / 2);
                continue;
            }
            before[d] = auto == "VALID" ? 0 : (int)pads[d];
            outShape[d + 2] = ((size + before[d] + (auto == "VALID" ? 0 : (int)pads[d + spatial]) - window) / strides[d]) + 1;
        }
        DoubleTensor y = DoubleTensor.Of(x.Type, outShape);
        int[] at = new int[x.Rank], kernel = new int[w.Rank], xStrides = x.Strides;
        int perGroup = w.Shape[0] / groups;
        for (int i = 0; i < y.Data.Length; i++)
        {
            for (int d = x.Rank - 1, rest = i; d >= 0; rest /= outShape[d--]) at[d] = rest % outShape[d];
            double sum = n.Optional(2)?.Data[at[1]] ?? 0;
            int block = DoubleTensor.Count(w.Shape.AsSpan(1));
            for (int j = 0; j < block; j++)
            {
                for (int d = w.Rank - 1, rest = j; d >= 1; rest /= w.Shape[d--]) kernel[d] = rest % w.Shape[d];
                int from = (at[0] * xStrides[0]) + (((at[1] / perGroup * w.Shape[1]) + kernel[1]) * xStrides[1]);
                bool inside = true;
                for (int d = 0; d < spatial && inside; d++)
                {
                    int position = (at[d + 2] * strides[d]) - before[d] + (kernel[d + 2] * dilations[d]);
                    inside = position >= 0 && position < x.Shape[d + 2];
                    from += position * xStrides[d + 2];
                }
                if (inside) sum += x.Data[from] * w.Data[(at[1] * block) + j];
            }
            y.Data[i] = sum;
        }
        return [y];
    }

    /// <summary>Each input element adds its multiple of the kernel to the output, of which the pads are then cut off.</summary>
    private static DoubleTensor[] ConvTranspose(EvaluatedNode n)
    {
        if (n.Proto.Find("auto_pad") is not null) throw new NotSupportedException("auto_pad of ConvTranspose");
        DoubleTensor x = n[0], w = n[1];
        int spatial = x.Rank - 2, groups = (int)n.Whole("group", 1), perGroup = x.Shape[1] / groups;
        long[] ones = [.. Enumerable.Repeat(1L, spatial)], strides = n.Proto.AttributeInts("strides") ?? ones, dilations = n.Proto.AttributeInts("dilations") ?? ones;
        long[] pads = n.Proto.AttributeInts("pads") ?? new long[2 * spatial], more = n.Proto.AttributeInts("output_padding") ?? new long[spatial];
        int[] shape = [x.Shape[0], w.Shape[1] * groups, .. Enumerable.Range(0, spatial).Select(d =>
            (int)(((x.Shape[d + 2] - 1) * strides[d]) + ((w.Shape[d + 2] - 1) * dilations[d]) + 1 + more[d] - pads[d] - pads[d + spatial]))];
        DoubleTensor y = DoubleTensor.Of(x.Type, shape);
        int[] at = new int[x.Rank], kernel = new int[w.Rank], yStrides = y.Strides;
        int block = DoubleTensor.Count(w.Shape.AsSpan(1));
        for (int i = 0; i < x.Data.Length; i++)
        {
            for (int d = x.Rank - 1, rest = i; d >= 0; rest /= x.Shape[d--]) at[d] = rest % x.Shape[d];
            for (int j = 0; j < block; j++)
            {
                for (int d = w.Rank - 1, rest = j; d >= 1; rest /= w.Shape[d--]) kernel[d] = rest % w.Shape[d];
                int to = (at[0] * yStrides[0]) + (((at[1] / perGroup * w.Shape[1]) + kernel[1]) * yStrides[1]);
                bool inside = true;
                for (int d = 0; d < spatial && inside; d++)
                {
                    int position = (int)((at[d + 2] * strides[d]) + (kernel[d + 2] * dilations[d]) - pads[d]);
                    inside = position >= 0 && position < shape[d + 2];
                    to += position * yStrides[d + 2];
                }
                if (inside) y.Data[to] += x.Data[i] * w.Data[(at[1] * block) + j];
            }
        }
        if (n.Optional(2) is { } bias) y = ElementwiseOperators.Combine(y, bias.Reshaped([1, bias.Shape[0], .. Enumerable.Repeat(1, spatial)]), (a, b) => a + b);
        return [y];
    }
}
