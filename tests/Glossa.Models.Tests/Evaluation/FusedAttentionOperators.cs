using Glossa.Models.Shapes;

namespace Glossa.Models.Tests.Evaluation;

/// <summary>The attention operators of ONNX Runtime's optimizer, by loops over batch, heads, queries and keys.</summary>
internal static class FusedAttentionOperators
{
    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        operators["com.microsoft.Attention"] = SelfAttention;
        operators["com.microsoft.MultiHeadAttention"] = MultiHead;
        operators["com.microsoft.GroupQueryAttention"] = GroupQuery;
    }

    private static DoubleTensor[] SelfAttention(EvaluatedNode n)
    {
        int heads = (int)n.Whole("num_heads", 1);
        DoubleTensor all = MatrixOperators.MatMul(n[0], n[1]);
        if (n.Optional(2) is { } bias) all = ElementwiseOperators.Combine(all, bias, (a, b) => a + b);
        int[] sizes = n.Proto.AttributeInts("qkv_hidden_sizes") is { } given ? Array.ConvertAll(given, s => (int)s) : [.. Enumerable.Repeat(all.Shape[2] / 3, 3)];
        DoubleTensor q = Heads(Part(all, 0, sizes[0]), heads), k = Heads(Part(all, sizes[0], sizes[1]), heads), v = Heads(Part(all, sizes[0] + sizes[1], sizes[2]), heads);
        if (n.Optional(4) is { } past) (k, v) = (MovementOperators.Concat([Half(past, 0), k], 2), MovementOperators.Concat([Half(past, 1), v], 2));
        DoubleTensor present = MovementOperators.Concat([k.Reshaped([1, .. k.Shape]), v.Reshaped([1, .. v.Shape])], 0);
        return [Attend(n, q, k, v, n.Optional(3), n.Optional(5)), present];
    }

    private static DoubleTensor[] MultiHead(EvaluatedNode n)
    {
        int heads = (int)n.Whole("num_heads", 1), width = n[0].Shape[2];
        DoubleTensor Biased(int input, int start) => n.Optional(3) is { } bias ? ElementwiseOperators.Combine(n[input], Part(bias, start, n[input].Shape[2]), (a, b) => a + b) : n[input];
        DoubleTensor q = Heads(Biased(0, 0), heads), k = n[1].Rank == 4 ? n[1] : Heads(Biased(1, width), heads), v = n[2].Rank == 4 ? n[2] : Heads(Biased(2, 2 * width), heads);
        if (n.Optional(6) is { } past) (k, v) = (MovementOperators.Concat([past, k], 2), MovementOperators.Concat([n[7], v], 2));
        return [Attend(n, q, k, v, n.Optional(4), n.Optional(5)), k, v];
    }

    private static DoubleTensor[] GroupQuery(EvaluatedNode n)
    {
        int heads = (int)n.Whole("num_heads", 1), keyHeads = (int)n.Whole("kv_num_heads", 1);
        DoubleTensor q = n[0], k, v;
        if (n.Optional(1) is { } key) (k, v) = (key, n[2]);
        else
        {
            int size = q.Shape[2] / (heads + (2 * keyHeads));
            (q, k, v) = (Part(n[0], 0, heads * size), Part(n[0], heads * size, keyHeads * size), Part(n[0], (heads + keyHeads) * size, keyHeads * size));
        }
        int past = n.Optional(3)?.Shape[2] ?? 0;
        (q, k, v) = (Heads(q, heads), Heads(k, keyHeads), Heads(v, keyHeads));
        if (n.Whole("do_rotary", 0) != 0) (q, k) = (Rotated(n, q, past), Rotated(n, k, past));
        if (past > 0) (k, v) = (MovementOperators.Concat([n[3], k], 2), MovementOperators.Concat([n[4], v], 2));
        return [Attend(n, q, k, v, null, n.Optional(10)), k, v];
    }

    private static DoubleTensor Rotated(EvaluatedNode n, DoubleTensor x, int past)
    {
        DoubleTensor y = x with { Data = (double[])x.Data.Clone() };
        int half = n[7].Shape[1], size = x.Shape[3], sequence = x.Shape[2];
        bool interleaved = n.Whole("rotary_interleaved", 0) != 0;
        for (int start = 0; start < x.Data.Length; start += size)
        {
            int position = past + (start / size % sequence);
            for (int d = 0; d < half; d++)
            {
                int a = start + (interleaved ? 2 * d : d), b = start + (interleaved ? (2 * d) + 1 : d + half);
                double cos = n[7].Data[(position * half) + d], sin = n[8].Data[(position * half) + d];
                (y.Data[a], y.Data[b]) = ((cos * x.Data[a]) - (sin * x.Data[b]), (sin * x.Data[a]) + (cos * x.Data[b]));
            }
        }
        return y;
    }

    /// <summary>Softmax of scaled products over what a query may see, times the values: [batch, queries, heads * size].</summary>
    private static DoubleTensor Attend(EvaluatedNode n, DoubleTensor q, DoubleTensor k, DoubleTensor v, DoubleTensor? mask, DoubleTensor? bias)
    {
        int batch = q.Shape[0], heads = q.Shape[1], queries = q.Shape[2], size = q.Shape[3], keys = k.Shape[2], width = v.Shape[3], group = heads / k.Shape[1];
        bool grouped = n.Proto.OpType == "GroupQueryAttention", causal = grouped || n.Whole("unidirectional", 0) != 0;
        long window = n.Whole("local_window_size", -1);
        double scale = n.Proto.AttributeFloat("scale", 0) is not 0 and var given ? given : 1 / Math.Sqrt(size), cap = n.Proto.AttributeFloat("softcap", 0), filter = n.Proto.AttributeFloat("mask_filter_value", -10000);
        DoubleTensor? added = bias is null ? null : ElementwiseOperators.Expand(bias, [batch, heads, queries, keys]);
        DoubleTensor y = DoubleTensor.Of(q.Type, [batch, queries, heads * width]);
        double[] scores = new double[keys];
        for (int i = 0; i < batch * heads * queries; i++)
        {
            int b = i / (heads * queries), h = i / queries % heads, t = i % queries, keyRow = ((b * k.Shape[1]) + (h / group)) * keys;
            for (int j = 0; j < keys; j++)
            {
                double sum = 0;
                for (int d = 0; d < size; d++) sum += q.Data[(i * size) + d] * k.Data[((keyRow + j) * size) + d];
                sum *= scale;
                if (cap > 0) sum = cap * Math.Tanh(sum / cap);
                if (added is not null) sum += added.Data[(i * keys) + j];
                if (mask is not null && !IsOpen(mask, b, t, j, keys, queries)) sum += filter;
                int row = t + keys - queries;
                bool seen = !causal || (j <= row && (window <= 0 || j > row - window) && (!grouped || j <= n[5].Data[b]));
                scores[j] = seen ? sum : double.NegativeInfinity;
            }
            double[] weights = ReductionOperators.Softmax(scores);
            for (int d = 0; d < width; d++)
            {
                for (int j = 0; j < keys; j++) y.Data[(((b * queries) + t) * heads * width) + (h * width) + d] += weights[j] * v.Data[((keyRow + j) * width) + d];
            }
        }
        return y;
    }

    private static bool IsOpen(DoubleTensor mask, int b, int t, int j, int keys, int queries) => mask.Rank switch
    {
        1 => j < mask.Data[b],
        2 => mask.Data[(b * keys) + j] != 0,
        _ => mask.Data[(((b * queries) + t) * keys) + j] != 0,
    };

    private static DoubleTensor Part(DoubleTensor x, int start, int length) =>
        MovementOperators.Pick(x, [.. x.Shape[..^1], length], (index, at) => { index.CopyTo(at, 0); at[^1] += start; return true; }, 0);

    private static DoubleTensor Half(DoubleTensor x, int index) => new(x.Type, x.Shape[1..], x.Data[(index * x.Data.Length / 2)..((index + 1) * x.Data.Length / 2)]);

    private static DoubleTensor Heads(DoubleTensor x, int heads) =>
        MovementOperators.Transpose(x.Reshaped([x.Shape[0], x.Shape[1], heads, x.Shape[2] / heads]), [0, 2, 1, 3]);
}
