using System.Runtime.InteropServices;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Quantization;

/// <summary>A matrix with its codes chosen.</summary>
/// <param name="Grid">The codes.</param>
/// <param name="RelativeError">Norm of the rounding over the matrix' own.</param>
internal sealed record RoundedWeight(RoundingGrid Grid, double RelativeError);

/// <summary>How an activation is rounded.</summary>
/// <param name="Factors">What it is divided by, channel by channel; null for nothing.</param>
/// <param name="Scale">Its fixed scale, where it has one.</param>
/// <param name="ZeroPoint">Its fixed zero point.</param>
internal sealed record ActivationRounding(double[]? Factors, float? Scale = null, byte ZeroPoint = 0);

/// <summary>Appends products and embeddings in their new formats to a graph; what several read is made once. Values are named after the weight: exporters' paths are long.</summary>
internal sealed class FormatRewriter(GraphBuilder builder, int accuracyLevel)
{
    private const string Microsoft = "com.microsoft";
    private readonly Dictionary<(string, bool), Value[]> _activations = [];
    private readonly Dictionary<string, Value> _smoothed = [];
    private Value? _zero;

    /// <summary>Appends a MatMul or Gemm whose result is called <paramref name="output"/>.</summary>
    public void Product(WeightUse use, RoundedWeight weight, LayerFormat format, ActivationRounding? activation, string output)
    {
        NodeProto node = use.Node;
        bool gemm = node.OpType == "Gemm";
        float alpha = gemm ? node.Attribute.FirstOrDefault(a => a.Name == "alpha")?.F ?? 1 : 1;
        float beta = gemm ? node.Attribute.FirstOrDefault(a => a.Name == "beta")?.F ?? 1 : 1;
        bool biased = gemm && node.Input.Count > 2 && node.Input[2].Length > 0 && beta != 0;
        Value product = format.Format switch
        {
            WeightFormat.DynamicInt8 => Dynamic(node.Input[0], (ChannelGrid)weight.Grid, activation!, use.Weight.Name, alpha),
            WeightFormat.StaticInt8 => Static(node.Input[0], (ChannelGrid)weight.Grid, activation!, use.Weight.Name, alpha),
            _ => Blocks(node.Input[0], (BlockGrid)weight.Grid, use.Weight.Name, alpha),
        };
        if (!biased)
        {
            Finish(product, output);
            return;
        }
        Value bias = new(node.Input[2]);
        if (beta != 1) bias = builder.Mul(bias, builder.Constant(beta));
        Finish(builder.Add(product, bias), output);
    }

    /// <summary>Appends a Gather of rows of a table in blocks. The grid's channels are the table's rows.</summary>
    public void Embedding(WeightUse use, BlockGrid grid, string output)
    {
        string name = use.Weight.Name;
        int blocks = grid.Blocks, bytes = grid.Inputs * grid.Bits / 8;
        Value codes = Add(name + "_quantized", DataType.Uint8, [grid.Channels, bytes], grid.PackedCodes(wholeBlocks: false));
        Value scales = Add(name + "_scale", DataType.Float, [grid.Channels, blocks], MemoryMarshal.AsBytes<float>(grid.Scales));
        byte[] zeros = grid.PackedZeroPoints();
        Value zeroPoints = Add(name + "_zero_point", DataType.Uint8, [grid.Channels, zeros.Length / grid.Channels], zeros);
        Finish(builder.Op("GatherBlockQuantized", [codes, new Value(use.Node.Input[1]), scales, zeroPoints], output + "_rows", Microsoft,
            OnnxFactory.Attribute("bits", grid.Bits), OnnxFactory.Attribute("block_size", grid.Block), OnnxFactory.Attribute("gather_axis", 0), OnnxFactory.Attribute("quantize_axis", 1)), output);
    }

    private Value Dynamic(string activation, ChannelGrid grid, ActivationRounding rounding, string name, float alpha)
    {
        if (!_activations.TryGetValue((activation, true), out Value[]? a))
            a = _activations[(activation, true)] = builder.Ops("DynamicQuantizeLinear", [Smoothed(activation, rounding, name)], [name + "_input", name + "_input_scale", name + "_input_zero_point"]);
        Value sums = builder.Op("MatMulInteger", [a[0], Codes(grid, name), a[2], _zero ??= Add("const.int8_zero", DataType.Int8, [], [0])], name + "_sums");
        Value cast = builder.Cast(sums, DataType.Float, name + "_float");
        return builder.Mul(cast, builder.Mul(a[1], Scales(grid, name, alpha), name + "_product_scale"), name + "_product");
    }

    private Value Static(string activation, ChannelGrid grid, ActivationRounding rounding, string name, float alpha)
    {
        if (!_activations.TryGetValue((activation, false), out Value[]? a))
        {
            Value scale = builder.Constant(rounding.Scale!.Value), zero = Add(name + "_input_zero_point", DataType.Uint8, [], [rounding.ZeroPoint]);
            Value codes = builder.Op("QuantizeLinear", [Smoothed(activation, rounding, name), scale, zero], name + "_input");
            a = _activations[(activation, false)] = [builder.Op("DequantizeLinear", [codes, scale, zero], name + "_input_dequantized")];
        }
        Value matrix = builder.Op("DequantizeLinear", [Codes(grid, name), Scales(grid, name, alpha)], name + "_dequantized", "", OnnxFactory.Attribute("axis", 1));
        return builder.MatMul(a[0], matrix, name + "_product");
    }

    private Value Blocks(string activation, BlockGrid grid, string name, float alpha)
    {
        float[] scales = alpha == 1 ? grid.Scales : [.. grid.Scales.Select(s => s * alpha)];
        Value codes = Add(name + "_quantized", DataType.Uint8, [grid.Channels, grid.Blocks, grid.Block * grid.Bits / 8], grid.PackedCodes(wholeBlocks: true));
        Value scale = Add(name + "_scale", DataType.Float, [scales.Length], MemoryMarshal.AsBytes<float>(scales));
        byte[] packed = grid.PackedZeroPoints();
        Value zeros = Add(name + "_zero_point", DataType.Uint8, [packed.Length], packed);
        return builder.Op("MatMulNBits", [new Value(activation), codes, scale, zeros], name + "_product", Microsoft,
            OnnxFactory.Attribute("K", grid.Inputs), OnnxFactory.Attribute("N", grid.Channels), OnnxFactory.Attribute("bits", grid.Bits),
            OnnxFactory.Attribute("block_size", grid.Block), OnnxFactory.Attribute("accuracy_level", accuracyLevel));
    }

    private Value Smoothed(string activation, ActivationRounding rounding, string name)
    {
        if (rounding.Factors is null) return new Value(activation);
        if (_smoothed.TryGetValue(activation, out Value known)) return known;
        float[] inverse = [.. rounding.Factors.Select(f => (float)(1 / f))];
        Value factors = Add(name + "_smoothing", DataType.Float, [inverse.Length], MemoryMarshal.AsBytes<float>(inverse));
        return _smoothed[activation] = builder.Mul(new Value(activation), factors, name + "_smoothed");
    }

    private Value Codes(ChannelGrid grid, string name) => Add(name + "_quantized", DataType.Int8, [grid.Inputs, grid.Channels], grid.Codes);

    private Value Scales(ChannelGrid grid, string name, float alpha)
    {
        float[] scales = alpha == 1 ? grid.Scales : [.. grid.Scales.Select(s => s * alpha)];
        return Add(name + "_scale", DataType.Float, [scales.Length], MemoryMarshal.AsBytes<float>(scales));
    }

    private Value Add(string hint, DataType type, long[] shape, ReadOnlySpan<byte> data)
    {
        string name = builder.Unique(hint);
        builder.Graph.Initializer.Add(OnnxFactory.Raw(name, type, shape, data));
        return new Value(name);
    }

    private void Finish(Value last, string name)
    {
        NodeProto node = builder.Graph.Node[^1];
        if (node.Output[0] != last.Name) throw new InvalidOperationException("only the last node is renamed");
        node.Output[0] = name;
        node.Name = name;
    }
}
