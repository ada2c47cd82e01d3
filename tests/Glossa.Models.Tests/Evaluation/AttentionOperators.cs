using Glossa.Models.Shapes;
using static Glossa.Models.Tests.Evaluation.ElementwiseOperators;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

internal static class AttentionOperators
{
    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        operators["Attention"] = Attention;
        operators["RotaryEmbedding"] = n => [Rotary(n, n[0], n[1], n[2], n.Optional(3))];
        operators["com.microsoft.RotaryEmbedding"] = n => [Rotary(n, n[0], n[2], n[3], n[1])];
    }

    private static DoubleTensor[] Attention(EvaluatedNode n)
    {
        bool flat = n[0].Rank == 3;
        DoubleTensor q = Heads(n[0], (int)n.Whole("q_num_heads", 1)), k = Heads(n[1], (int)n.Whole("kv_num_heads", 1)), v = Heads(n[2], (int)n.Whole("kv_num_heads", 1));
        int past = n.Optional(4)?.Shape[2] ?? 0;
        if (n.Optional(4) is { } pastKey) k = MovementOperators.Concat([pastKey, k], 2);
        if (n.Optional(5) is { } pastValue) v = MovementOperators.Concat([pastValue, v], 2);
        (DoubleTensor presentKey, DoubleTensor presentValue) = (k, v);
        int repeats = q.Shape[1] / k.Shape[1];
        (k, v) = (RepeatHeads(k, repeats), RepeatHeads(v, repeats));
        double scale = n.Proto.Find("scale")?.F ?? 1 / Math.Sqrt(q.Shape[3]);
        DoubleTensor scores = MatrixOperators.MatMul(q, MatrixOperators.SwapLast(k)).Map(s => s * scale);
        DoubleTensor raw = scores;
        double cap = n.Proto.AttributeFloat("softcap", 0);
        if (cap > 0) scores = scores.Map(s => cap * Math.Tanh(s / cap));
        DoubleTensor capped = scores;
        if (n.Optional(3) is { } mask)
            scores = Combine(scores, mask.Type == DataType.Bool ? mask.Map(b => b != 0 ? 0 : double.NegativeInfinity) : mask, (a, b) => a + b);
        if (n.Whole("is_causal", 0) != 0)
        {
            int keys = scores.Shape[3], queries = scores.Shape[2];
            scores = scores with { Data = [.. scores.Data.Select((s, i) => i % keys > (i / keys % queries) + past ? double.NegativeInfinity : s)] };
        }
        DoubleTensor weights = ReductionOperators.AlongAxis(scores, 3, line =>
        {
            double max = line.Max(), sum = line.Sum(e => Math.Exp(e - max));
            return Array.ConvertAll(line, e => Math.Exp(e - max) / sum);
        });
        DoubleTensor y = MatrixOperators.MatMul(weights, v);
        if (flat) y = MovementOperators.Transpose(y, [0, 2, 1, 3]).Reshaped([y.Shape[0], y.Shape[2], y.Shape[1] * y.Shape[3]]);
        return [y, presentKey, presentValue, n.Whole("qk_matmul_output_mode", 0) switch { 0 => raw, 1 => capped, 2 => scores, _ => weights }];
    }

    private static DoubleTensor Heads(DoubleTensor x, int heads) => x.Rank == 4
        ? x
        : MovementOperators.Transpose(x.Reshaped([x.Shape[0], x.Shape[1], heads, x.Shape[2] / heads]), [0, 2, 1, 3]);

    private static DoubleTensor RepeatHeads(DoubleTensor x, int repeats) => repeats == 1
        ? x
        : MovementOperators.Pick(x, [x.Shape[0], x.Shape[1] * repeats, x.Shape[2], x.Shape[3]], (index, at) => { index.CopyTo(at, 0); at[1] /= repeats; return true; }, 0);

    /// <summary>Rotary positions; caches are [positions, size/2] read at position ids, or [batch, sequence, size/2] without them.</summary>
    private static DoubleTensor Rotary(EvaluatedNode n, DoubleTensor x, DoubleTensor cos, DoubleTensor sin, DoubleTensor? positions)
    {
        bool flat = x.Rank == 3;
        int given = (int)n.Whole("rotary_embedding_dim", 0), headCount = (int)n.Whole("num_heads", 0);
        int size = flat ? (headCount > 0 ? x.Shape[2] / headCount : cos.Shape[^1] * 2) : x.Shape[3];
        int heads = flat ? x.Shape[2] / size : x.Shape[1], sequence = flat ? x.Shape[1] : x.Shape[2], rotated = given > 0 ? given : size, half = rotated / 2;
        bool interleaved = n.Whole("interleaved", 0) != 0;
        DoubleTensor y = x with { Data = (double[])x.Data.Clone() };
        int At(int b, int s, int h, int d) => flat ? (((((b * sequence) + s) * heads) + h) * size) + d : (((((b * heads) + h) * sequence) + s) * size) + d;
        for (int b = 0; b < x.Shape[0]; b++)
        {
            for (int s = 0; s < sequence; s++)
            {
                int row = positions is null
                    ? ((cos.Shape[0] == 1 ? 0 : b) * sequence) + s
                    : positions.Data.Length == 1 ? (int)positions.Data[0] + s : (int)positions.Data[(b * sequence) + s];
                for (int h = 0; h < heads; h++)
                {
                    for (int d = 0; d < half; d++)
                    {
                        int first = At(b, s, h, interleaved ? 2 * d : d), second = At(b, s, h, interleaved ? (2 * d) + 1 : d + half);
                        double c = cos.Data[(row * half) + d], z = sin.Data[(row * half) + d];
                        y.Data[first] = (c * x.Data[first]) - (z * x.Data[second]);
                        y.Data[second] = (z * x.Data[first]) + (c * x.Data[second]);
                    }
                }
            }
        }
        return y;
    }
}
