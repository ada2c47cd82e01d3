using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients;

/// <summary>
/// Quantized values. Rounding passes the gradient on unchanged within the range of the integers and stops it outside (the straight-through estimator:
/// Bengio et al. 2013), so that QuantizeLinear and DequantizeLinear in a row train what stands in front of them. Scales and zero points are constants.
/// </summary>
internal static class QuantizationRules
{
    private const string Constants = "straight through; scale and zero point are constants";

    internal static void AddTo(RuleCollector rules)
    {
        rules.AddQuantizing("QuantizeLinear", Quantize, Constants);
        rules.AddQuantizing("DequantizeLinear", c => c.Give(0, c.G.Mul(c.Gradient, Spread(c, c.Input(1)))), Constants + "; integer weights behind it stay as they are");
        rules.Add("MatMulNBits", MatMulNBits, [0], "the quantized weight stays as it is; 2, 4 and 8 bits", GradientRules.Microsoft);
    }

    private static void Quantize(GradientContext c)
    {
        GraphBuilder g = c.G;
        (float low, float high) = c.Shapes.Type(c.Node.Out(0)) switch
        {
            DataType.Int8 => (-128f, 127f),
            DataType.Int16 => (-32768f, 32767f),
            DataType.Uint16 => (0f, 65535f),
            DataType.Int4 => (-8f, 7f),
            DataType.Uint4 => (0f, 15f),
            DataType.Uint8 or DataType.Undefined => (0f, 255f),
            var type => throw c.Unsupported($"the type {type}", "quantize to integers"),
        };
        Value scale = Spread(c, c.Input(1)), place = g.Op("Round", [g.Div(c.Input(0), scale)]);
        if (c.Has(2)) place = g.Add(place, Spread(c, g.Cast(c.Input(2), DataType.Float)));
        Value inside = g.Op("And", [g.Op("GreaterOrEqual", [place, g.Constant(low)]), g.Op("LessOrEqual", [place, g.Constant(high)])]);
        c.Give(0, g.Where(inside, g.Div(c.Gradient, scale), g.Constant(0f)));
    }

    /// <summary>A scale laid along its axis: one for all, one for each index, or one for each block of indices.</summary>
    private static Value Spread(GradientContext c, Value scale)
    {
        GraphBuilder g = c.G;
        if (c.Shapes.Rank(c.Node.In(1)) == 0 || ShapeRules.KnownSize(c, c.Input(1), 0) == 1 && c.RankOf(c.Input(1)) == 1) return scale;
        int rank = c.RankOf(c.Input(0)), axis = NodeContext.Axis(c.Node.AttributeInt("axis", 1), rank);
        long block = c.Node.AttributeInt("block_size", 0);
        if (block == 0)
        {
            long[] layout = [.. Enumerable.Repeat(1L, rank)];
            layout[axis] = -1;
            return g.Reshape(scale, layout);
        }
        long[] repeats = [.. Enumerable.Repeat(1L, rank + 1)];
        repeats[axis + 1] = block;
        Value copies = g.Op("Tile", [g.Unsqueeze(scale, [axis + 1]), g.Ints(repeats)]);
        Value shape = g.Shape(scale), sizes = g.Concat([g.Op("Slice", [shape, g.Ints(0), g.Ints(axis)]), g.Ints(-1), g.Op("Slice", [shape, g.Ints(axis + 1), g.Ints(long.MaxValue)])], 0);
        // The last block may be longer than what is left of the axis.
        return g.Op("Slice", [g.Reshape(copies, sizes), g.Ints(0), ShapeRules.Size(c, c.Input(0), axis), g.Ints(axis)]);
    }

    /// <summary>dX = dY W with the weight [outputs, inputs] unpacked: blocks of integers, the lowest bits first, minus a zero point, times a scale.</summary>
    private static void MatMulNBits(GradientContext c)
    {
        GraphBuilder g = c.G;
        long bits = c.Node.AttributeInt("bits", 4), block = c.Node.AttributeInt("block_size", 32);
        long inputs = c.Node.AttributeInt("K", 0), outputs = c.Node.AttributeInt("N", 0), blocks = (inputs + block - 1) / block;
        if (bits is not (2 or 4 or 8)) throw c.Unsupported($"{bits} bits", "quantize to 2, 4 or 8");
        if (c.Has(4)) throw c.Unsupported("weights in another order (g_idx)", "quantize without it");
        Value weight = g.Reshape(Unpacked(c, c.Input(1), bits, [outputs, blocks, -1]), [outputs, blocks, block]);
        Value zero = g.Constant((float)(1 << (int)(bits - 1)));
        if (c.Has(3))
        {
            bool packed = c.Shapes.Type(c.Node.In(3)) == DataType.Uint8;
            Value points = packed ? Unpacked(c, c.Input(3), bits, [outputs, -1]) : g.Reshape(g.Cast(c.Input(3), DataType.Float), [outputs, -1]);
            zero = g.Unsqueeze(g.Op("Slice", [points, g.Ints(0), g.Ints(blocks), g.Ints(1)]), [2]);
        }
        Value scale = g.Reshape(g.Cast(c.Input(2), DataType.Float), [outputs, blocks, 1]);
        Value matrix = g.Reshape(g.Mul(g.Sub(weight, zero), scale), [outputs, -1]);
        Value cut = blocks * block == inputs ? matrix : g.Op("Slice", [matrix, g.Ints(0), g.Ints(inputs), g.Ints(1)]);
        c.Give(0, g.MatMul(c.Gradient, c.ElementType == DataType.Float ? cut : g.Cast(cut, c.ElementType)));
    }

    /// <summary>The integers of packed bytes as floats, one after another along the last axis.</summary>
    private static Value Unpacked(NodeContext c, Value bytes, long bits, long[] shape)
    {
        GraphBuilder g = c.G;
        int count = (int)(8 / bits);
        Value rest = g.Cast(bytes, DataType.Int32), size = g.Cast(g.Constant(1L << (int)bits), DataType.Int32);
        Value[] parts = new Value[count];
        for (int i = 0; i < count; i++)
        {
            parts[i] = g.Unsqueeze(g.Op("Mod", [rest, size]), [-1]);
            rest = g.Div(rest, size);
        }
        return g.Cast(g.Reshape(g.Concat(parts, -1), shape), DataType.Float);
    }
}
