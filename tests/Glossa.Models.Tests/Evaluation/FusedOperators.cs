using Glossa.Models.Shapes;
using static Glossa.Models.Tests.Evaluation.ElementwiseOperators;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

/// <summary>What ONNX Runtime's optimizer fuses.</summary>
internal static class FusedOperators
{
    internal static void AddTo(Dictionary<string, Func<EvaluatedNode, DoubleTensor[]>> operators)
    {
        void Add(string name, Func<EvaluatedNode, DoubleTensor[]> evaluate) => operators["com.microsoft." + name] = evaluate;

        Add("FusedGemm", n => [MatrixOperators.Gemm(n)[0].Map(Activation(n))]);
        Add("FusedConv", n => [(n.Optional(3) is { } added ? Combine(MatrixOperators.Conv(n)[0], added, (a, b) => a + b) : MatrixOperators.Conv(n)[0]).Map(Activation(n))]);
        Add("GemmFastGelu", n => [(n.Optional(2) is { } bias ? Combine(MatrixOperators.MatMul(n[0], n[1]), bias, (a, b) => a + b) : MatrixOperators.MatMul(n[0], n[1])).Map(TanhGelu)]);
        Add("TransposeMatMul", n =>
        {
            DoubleTensor a = n.Whole("transA", 0) != 0 ? MatrixOperators.SwapLast(n[0]) : n[0], b = n.Whole("transB", 0) != 0 ? MatrixOperators.SwapLast(n[1]) : n[1];
            return [MatrixOperators.MatMul(a, b).Map(v => v * n.Proto.AttributeFloat("alpha", 1))];
        });
        Add("BiasAdd", n => [Combine(Combine(n[0], n[1], (a, b) => a + b), n[2], (a, b) => a + b)]);
        Add("BiasSplitGelu", n =>
        {
            DoubleTensor sum = Combine(n[0], n[1], (a, b) => a + b);
            int half = sum.Shape[^1] / 2;
            return [MovementOperators.Pick(sum, [.. sum.Shape[..^1], half], (index, at) => { index.CopyTo(at, 0); return true; }, 0) with
            {
                Data = [.. Enumerable.Range(0, sum.Data.Length / 2).Select(i => sum.Data[(i / half * 2 * half) + (i % half)] * Gelu(sum.Data[(i / half * 2 * half) + half + (i % half)]))],
            }];
        });
        Add("BiasDropout", n =>
        {
            DoubleTensor y = Combine(n[0], n[1], (a, b) => a + b);
            return [n.Optional(2) is { } residual ? Combine(y, residual, (a, b) => a + b) : y, y.Map(_ => 1) with { Type = DataType.Bool }];
        });
        Add("BiasSoftmax", n => [ReductionOperators.AlongAxis(Combine(n[0], n[1], (a, b) => a + b), n[0].Rank - 1, ReductionOperators.Softmax)]);
        operators["com.microsoft.Trilu"] = operators["Trilu"];
        Add("EmbedLayerNormalization", Embed);
        Add("RelativePositionBias", RelativePositions);
        Add("MatMulNBits", MatMulNBits);
    }

    private static Func<double, double> Activation(EvaluatedNode n)
    {
        float[] parameters = n.Proto.Find("activation_params") is { } given ? [.. given.Floats] : [n.Proto.AttributeFloat("activation_alpha", 0.01f)];
        return n.Proto.AttributeText("activation", "") switch
        {
            "Relu" => v => Math.Max(v, 0),
            "Tanh" => Math.Tanh,
            "Sigmoid" => Sigmoid,
            "LeakyRelu" => v => v < 0 ? v * parameters[0] : v,
            "Clip" => v => Math.Clamp(v, parameters[0], parameters[1]),
            _ => v => v,
        };
    }

    private static DoubleTensor[] Embed(EvaluatedNode n)
    {
        int batch = n[0].Shape[0], sequence = n[0].Shape[1], hidden = n[2].Shape[1];
        DoubleTensor sum = DoubleTensor.Of(n[2].Type, [batch, sequence, hidden]);
        for (int i = 0; i < sum.Data.Length; i++)
        {
            int token = i / hidden, d = i % hidden, position = (int)(n.Optional(8) is { } positions ? positions.Data[token % positions.Data.Length] : token % sequence);
            sum.Data[i] = n[2].Data[((int)n[0].Data[token] * hidden) + d] + n[3].Data[(position * hidden) + d];
            if (n.Optional(1) is { } segments && n.Optional(4) is { } table) sum.Data[i] += table.Data[((int)segments.Data[token] * hidden) + d];
        }
        DoubleTensor count = DoubleTensor.Of(DataType.Int32, [batch]);
        for (int i = 0; n.Optional(7) is { } mask && i < mask.Data.Length; i++) count.Data[i / sequence] += mask.Data[i];
        return [NormalizationOperators.LayerNorm(sum, n[5], n[6], 2, n.Proto.AttributeFloat("epsilon", 1e-12f))[0], count, sum];
    }

    private static DoubleTensor[] RelativePositions(EvaluatedNode n)
    {
        int buckets = n[0].Shape[0], heads = n[0].Shape[1], queries = (int)n[1].Data[0], keys = (int)n[2].Data[0], farthest = (int)n.Whole("max_distance", 128);
        bool both = n.Whole("is_bidirectional", 0) != 0;
        DoubleTensor y = DoubleTensor.Of(n[0].Type, [1, heads, queries, keys]);
        for (int i = 0; i < y.Data.Length; i++)
        {
            int distance = (i % keys) - (i / keys % queries), half = both ? buckets / 2 : buckets, near = half / 2, back = both ? Math.Abs(distance) : -Math.Min(distance, 0);
            int bucket = back < near ? back : Math.Min(near + (int)((float)Math.Log(back / (double)near) / (float)Math.Log(farthest / (double)near) * (half - near)), half - 1);
            if (both && distance > 0) bucket += half;
            y.Data[i] = n[0].Data[(bucket * heads) + (i / (keys * queries))];
        }
        return [y];
    }

    private static DoubleTensor[] MatMulNBits(EvaluatedNode n)
    {
        int bits = (int)n.Whole("bits", 4), block = (int)n.Whole("block_size", 32), inputs = (int)n.Whole("K", 0), outputs = (int)n.Whole("N", 0), blocks = (inputs + block - 1) / block;
        double At(DoubleTensor bytes, int rowBytes, int row, int place) => ((int)bytes.Data[(row * rowBytes) + (place * bits / 8)] >> (place * bits % 8)) & ((1 << bits) - 1);
        DoubleTensor matrix = DoubleTensor.Of(DataType.Float, [inputs, outputs]);
        for (int row = 0; row < outputs; row++)
        {
            for (int k = 0; k < inputs; k++)
            {
                double zero = n.Optional(3) is { } points ? At(points, ((blocks * bits) + 7) / 8, row, k / block) : 1 << (bits - 1);
                matrix.Data[(k * outputs) + row] = (At(n[1], blocks * block * bits / 8, row, k) - zero) * n[2].Data[(row * blocks) + (k / block)];
            }
        }
        return [MatrixOperators.MatMul(n[0], matrix)];
    }
}
