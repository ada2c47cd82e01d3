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
    private readonly Dictionary<string, BlockTable> _tables = [];
    private Value? _zero;

    /// <summary>Appends a MatMul or Gemm whose result is called <paramref name="output"/>; its codes may be those of a token table.</summary>
    public void Product(WeightUse use, RoundedWeight weight, LayerFormat format, ActivationRounding? activation, string output, bool fromTable = false)
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
            _ when fromTable => TableProduct(use, (BlockGrid)weight.Grid, alpha),
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
        BlockTable table = Table(use.Weight.Name, grid);
        Finish(builder.Op("GatherBlockQuantized", [table.Codes, new Value(use.Node.Input[1]), table.Scales, table.ZeroPoints], output + "_rows", Microsoft,
            OnnxFactory.Attribute("bits", grid.Bits), OnnxFactory.Attribute("block_size", grid.Block), OnnxFactory.Attribute("gather_axis", 0), OnnxFactory.Attribute("quantize_axis", 1)), output);
    }

    /// <summary>
    /// A product by the rows of a token table, read from the table's own codes, which the two operators only shape differently: the runtime shapes them once, when it loads the graph.
    /// </summary>
    private Value TableProduct(WeightUse use, BlockGrid grid, float alpha)
    {
        BlockTable table = Table(use.Weight.Name, grid);
        int rows = use.EndRow - use.FirstRow;
        Value Part(Value whole, string what, params long[] shape)
        {
            if (use.IsPart) whole = builder.Op("Slice", [whole, builder.Ints(use.FirstRow), builder.Ints(use.EndRow), builder.Ints(0)], $"{use.Weight.Name}_{what}_rows");
            return builder.Reshape(whole, shape, $"{use.Weight.Name}_{what}_of_product");
        }
        Value codes = Part(table.Codes, "quantized", rows, grid.Blocks, grid.Block * grid.Bits / 8), scales = Part(table.Scales, "scale", -1), zeros = Part(table.ZeroPoints, "zero_point", -1);
        if (alpha != 1) scales = builder.Mul(scales, builder.Constant(alpha), use.Weight.Name + "_scale_of_product");
        return BlockProduct(use.Node.Input[0], codes, scales, zeros, grid, rows, use.Weight.Name);
    }

    private BlockTable Table(string name, BlockGrid grid)
    {
        if (_tables.TryGetValue(name, out BlockTable? known)) return known;
        byte[] zeros = grid.PackedZeroPoints();
        return _tables[name] = new BlockTable(
            Add(name + "_quantized", DataType.Uint8, [grid.Channels, grid.Inputs * grid.Bits / 8], grid.PackedCodes(wholeBlocks: false)),
            Add(name + "_scale", DataType.Float, [grid.Channels, grid.Blocks], MemoryMarshal.AsBytes<float>(grid.Scales)),
            Add(name + "_zero_point", DataType.Uint8, [grid.Channels, zeros.Length / grid.Channels], zeros));
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
        return BlockProduct(activation, codes, scale, zeros, grid, grid.Channels, name);
    }

    private Value BlockProduct(string activation, Value codes, Value scales, Value zeros, BlockGrid grid, int outputs, string name) =>
        builder.Op("MatMulNBits", [new Value(activation), codes, scales, zeros], name + "_product", Microsoft,
            OnnxFactory.Attribute("K", grid.Inputs), OnnxFactory.Attribute("N", outputs), OnnxFactory.Attribute("bits", grid.Bits),
            OnnxFactory.Attribute("block_size", grid.Block), OnnxFactory.Attribute("accuracy_level", accuracyLevel));

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

    /// <summary>A table in blocks as GatherBlockQuantized reads it.</summary>
    private sealed record BlockTable(Value Codes, Value Scales, Value ZeroPoints);
}
