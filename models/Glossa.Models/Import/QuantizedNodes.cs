using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>Nodes that read a weight as integer codes: the float weight that the codes stand for, and the node that reads that weight instead.</summary>
internal static class QuantizedNodes
{
    /// <summary>No real model has a larger matrix or block.</summary>
    private const long LargestSize = 1 << 26;

    /// <summary>The input that holds the codes where the node is of a kind that is understood, else -1.</summary>
    internal static int CodesInput(NodeProto node) => (OperatorSets.Normal(node.Domain), node.OpType) switch
    {
        ("", "DequantizeLinear") or (GradientRules.Microsoft, "DequantizeLinear") or (GradientRules.Microsoft, "GatherBlockQuantized") => 0,
        (GradientRules.Microsoft, "MatMulNBits") => 1,
        _ => -1,
    };

    /// <summary>The input that holds the scales, whose type the result has.</summary>
    internal static string Scales(NodeProto node) => node.In(node.OpType == "DequantizeLinear" ? 1 : 2);

    /// <summary>The float32 weight, named <paramref name="name"/>; null where the node's tensors are not constant, do not fit, or are used in a way not covered.</summary>
    internal static TensorProto? Weight(NodeProto node, string name, Func<string, TensorProto?> constant)
    {
        TensorProto? codes = constant(node.In(CodesInput(node)));
        int zerosAt = node.OpType == "DequantizeLinear" ? 2 : 3;
        if (codes is null || !ElementTypes.IsInteger((DataType)codes.DataType) || codes.Dims.Count == 0) return null;
        if (constant(Scales(node)) is not { DataType: (int)DataType.Float } scales) return null;
        TensorProto? zeros = constant(node.In(zerosAt));
        if (zeros is null && node.In(zerosAt).Length > 0) return null;
        return node.OpType switch
        {
            "DequantizeLinear" => Linear(node, name, codes, scales, zeros),
            "MatMulNBits" => Product(node, name, codes, scales, zeros),
            _ => Table(node, name, codes, scales, zeros),
        };
    }

    /// <summary>The nodes that compute what the node computes from the float weight; none where its output is the weight.</summary>
    internal static NodeProto[] Rewritten(NodeProto node, string weight)
    {
        switch (node.OpType)
        {
            case "MatMulNBits":
                bool biased = node.In(5).Length > 0;
                NodeProto product = new() { OpType = "MatMul", Name = node.Name, Input = { node.In(0), weight }, Output = { biased ? node.Out(0) + "/product" : node.Out(0) } };
                return biased ? [product, new NodeProto { OpType = "Add", Name = node.Name + "/bias", Input = { product.Output[0], node.In(5) }, Output = { node.Out(0) } }] : [product];
            case "GatherBlockQuantized":
                return [new NodeProto
                {
                    OpType = "Gather", Name = node.Name, Input = { weight, node.In(1) }, Output = { node.Out(0) },
                    Attribute = { OnnxFactory.Attribute("axis", node.AttributeInt("gather_axis", 0)) },
                }];
            default:
                return [];
        }
    }

    /// <summary>ai.onnx DequantizeLinear-21: one scale for the tensor, for each index of an axis, or for each block along it.</summary>
    private static TensorProto? Linear(NodeProto node, string name, TensorProto codes, TensorProto scales, TensorProto? zeros)
    {
        long block = node.AttributeInt("block_size", 0);
        if (block > LargestSize) return null;
        double[]? zero = zeros is null ? null : Array.ConvertAll(TensorData.Integers(zeros), v => (double)v);
        return Scaled(name, TensorData.Integers(codes), [.. codes.Dims], node.AttributeInt("axis", 1), block, scales, zero, 0);
    }

    /// <summary>com.microsoft MatMulNBits: codes [N, blocks, bytes of a block], scales [N, blocks]; the weight is [K, N]. Reordered columns (g_idx) are not covered.</summary>
    private static TensorProto? Product(NodeProto node, string name, TensorProto codes, TensorProto scales, TensorProto? zeros)
    {
        long k = node.AttributeInt("K", 0), n = node.AttributeInt("N", 0), block = node.AttributeInt("block_size", 0);
        int bits = (int)node.AttributeInt("bits", 4);
        if (k is <= 0 or > LargestSize || n is <= 0 or > LargestSize || block is <= 0 or > LargestSize || bits is not (2 or 4 or 8) || node.In(4).Length > 0 || codes.DataType != (int)DataType.Uint8) return null;
        long blocks = (k + block - 1) / block;
        if (TensorData.Bytes(codes).Length != n * blocks * block * bits / 8 || OnnxFactory.ElementCount(scales) != n * blocks) return null;
        long[] rows = Unpacked(TensorData.Bytes(codes), n, blocks * block, k, bits);
        double[]? zero = null;
        if (zeros is { DataType: (int)DataType.Uint8 })
        {
            if (TensorData.Bytes(zeros).Length != n * (((blocks * bits) + 7) / 8)) return null;
            zero = Array.ConvertAll(Unpacked(TensorData.Bytes(zeros), n, blocks, blocks, bits), v => (double)v);
        }
        else if (zeros is not null) zero = Array.ConvertAll(TensorData.Floats(zeros), v => (double)v);
        TensorProto shaped = scales.Clone();
        shaped.Dims.Clear();
        shaped.Dims.Add([n, blocks]);
        return Scaled(name, rows, [n, k], 1, block, shaped, zero, 1 << (bits - 1)) is { } weight ? Transposed(weight) : null;
    }

    /// <summary>com.microsoft GatherBlockQuantized: a table in blocks along one axis; uint8 codes of fewer bits are packed along the last one.</summary>
    private static TensorProto? Table(NodeProto node, string name, TensorProto codes, TensorProto scales, TensorProto? zeros)
    {
        int bits = (int)node.AttributeInt("bits", 4), rank = codes.Dims.Count;
        bool packed = codes.DataType == (int)DataType.Uint8;
        long per = packed ? 8 / Math.Clamp(bits, 1, 8) : 1, axis = node.AttributeInt("quantize_axis", 1), block = node.AttributeInt("block_size", 128);
        if (bits is not (2 or 4 or 8) || block is <= 0 or > LargestSize) return null;
        long[] dims = [.. codes.Dims];
        dims[^1] = checked(dims[^1] * per);
        long outer = dims[..^1].Aggregate(1L, (a, b) => a * b);
        long[] values = packed ? Unpacked(TensorData.Bytes(codes), outer, dims[^1], dims[^1], bits) : TensorData.Integers(codes);
        double[]? zero = null;
        if (zeros is not null)
        {
            if (scales.Dims.Count != rank || (packed && TensorData.Bytes(zeros).Length != outer * ((scales.Dims[^1] + per - 1) / per))) return null;
            zero = Array.ConvertAll(packed ? Unpacked(TensorData.Bytes(zeros), outer, scales.Dims[^1], scales.Dims[^1], bits) : TensorData.Integers(zeros), v => (double)v);
        }
        return Scaled(name, values, dims, axis, block, scales, zero, packed ? 1 << (bits - 1) : 0);
    }

    /// <summary>(code - zero point) scale; null where sizes do not fit.</summary>
    private static TensorProto? Scaled(string name, long[] codes, long[] dims, long axis, long blockSize, TensorProto scales, double[]? zeros, double defaultZero)
    {
        int rank = dims.Length;
        float[] scale = TensorData.Floats(scales);
        if (zeros is not null && zeros.Length != scale.Length) return null;
        axis = axis < 0 ? axis + rank : axis;
        bool perTensor = scale.Length == 1 && blockSize == 0;
        if (!perTensor && (axis < 0 || axis >= rank || blockSize < 0)) return null;
        long size = perTensor ? 1 : dims[axis], inner = perTensor ? 1 : dims[((int)axis + 1)..].Aggregate(1L, (a, b) => a * b);
        long blocks = blockSize == 0 ? size : (size + blockSize - 1) / blockSize;
        if (!perTensor && blockSize == 0 && scale.Length != size) return null;
        if (blockSize > 0 && (scales.Dims.Count != rank || scales.Dims.Where((d, i) => d != (i == axis ? blocks : dims[i])).Any())) return null;
        float[] weight = new float[codes.Length];
        for (long i = 0; i < codes.Length; i++)
        {
            long along = perTensor ? 0 : i / inner % size;
            long at = blockSize > 0 ? (((i / inner / size * blocks) + (along / blockSize)) * inner) + (i % inner) : along;
            weight[i] = (float)(codes[i] - (zeros?[at] ?? defaultZero)) * scale[at];
        }
        return OnnxFactory.Tensor(name, dims, weight);
    }

    /// <summary>The first <paramref name="kept"/> codes of each row; a row of <paramref name="stored"/> codes fills whole bytes, the first code in the low bits.</summary>
    private static long[] Unpacked(ReadOnlySpan<byte> bytes, long rows, long stored, long kept, int bits)
    {
        long rowBytes = ((stored * bits) + 7) / 8;
        long[] codes = new long[rows * kept];
        int per = 8 / bits, mask = (1 << bits) - 1;
        for (long row = 0; row < rows; row++)
        {
            for (long i = 0; i < kept; i++)
                codes[(row * kept) + i] = (bytes[(int)((row * rowBytes) + (i / per))] >> (int)(i % per * bits)) & mask;
        }
        return codes;
    }

    private static TensorProto Transposed(TensorProto matrix)
    {
        int rows = (int)matrix.Dims[0], columns = (int)matrix.Dims[1];
        ReadOnlySpan<float> values = TensorData.FloatSpan(matrix);
        float[] result = new float[values.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++) result[(j * rows) + i] = values[(i * columns) + j];
        }
        return OnnxFactory.Tensor(matrix.Name, [columns, rows], result);
    }
}
